"""The look: every colour pair is readable, the sheet is filled, icons take the colour they are asked for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from PySide6.QtGui import QFontInfo, QImage, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from mlops_desktop import resources
from mlops_desktop.gui import statuses
from mlops_desktop.gui.theme.fonts import ROLES
from mlops_desktop.gui.theme.theme import Look, Theme
from mlops_desktop.gui.theme.tokens import contrast, load_tokens
from mlops_desktop.resources import font_files, resource

GROUNDS = ("window", "sidebar", "surface", "subtle", "hover", "selected")
SOFT = ("accent-soft", "ok-soft", "warn-soft", "error-soft", "note-soft", "neutral-soft")
TEXT, LINE = 4.5, 3.0
PAIRS: dict[str, tuple[tuple[str, ...], float]] = {
    "text": ((*GROUNDS, *SOFT, "heat1", "heat2"), TEXT),
    "muted": ((*GROUNDS, *SOFT), TEXT),
    "accent-text": ((*GROUNDS, "accent-soft"), TEXT),
    "ok": ((*GROUNDS, "ok-soft"), TEXT),
    "warn": ((*GROUNDS, "warn-soft"), TEXT),
    "error": ((*GROUNDS, "error-soft"), TEXT),
    "note": ((*GROUNDS, "note-soft"), TEXT),
    "on-accent": (("accent", "accent-hover", "heat3"), TEXT),
    "on-danger": (("danger-fill",), TEXT),
    "on-tip": (("tip",), TEXT),
    "control": (("window", "surface", "subtle"), LINE),
    "axis": (("surface",), LINE),
    "focus": (GROUNDS, LINE),
    "bar-strong": (("surface", "neutral-soft", "selected"), LINE),
    "accent": (("surface", "window", "sidebar"), LINE),
    **{f"c{number}": (("surface",), LINE) for number in range(1, 8)},
    **{f"sx-{name}": (("subtle",), TEXT) for name in ("key", "str", "num", "com")},
}


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("token", PAIRS)
def test_a_token_is_readable_on_every_ground_it_may_stand_on(name: str, token: str) -> None:
    tokens, (grounds, floor) = load_tokens()[name], PAIRS[token]
    for ground in grounds:
        assert contrast(tokens[token], tokens[ground]) >= floor, f"{token} on {ground}"


def test_black_on_white_has_the_highest_contrast() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#123456", "#123456") == pytest.approx(1.0)


def test_both_looks_have_the_same_tokens_and_the_sheet_uses_only_those() -> None:
    tokens = load_tokens()
    assert tokens["light"].keys() == tokens["dark"].keys()
    sheet = resource("style", "window.qss").read_text("utf-8")
    used = set(re.findall(r"\$([a-z0-9-]+)", sheet))
    assert used <= tokens["light"].keys()
    assert not re.search(r"#[0-9A-Fa-f]{3,8}\b", re.sub(r"#[a-z]+ ", "", sheet)), "colours come from the tokens"


def test_choosing_a_look_changes_palette_and_sheet_and_says_so(theme: Theme, qapp: QApplication) -> None:
    window = QWidget()
    theme.dress(window)
    assert load_tokens()["light"]["surface"] in window.styleSheet()
    heard: list[str] = []
    theme.changed.connect(lambda: heard.append(theme.name))
    theme.choose(Look.DARK)
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == load_tokens()["dark"]["window"]
    assert load_tokens()["dark"]["surface"] in window.styleSheet()
    theme.choose(Look.DARK)
    theme.choose(Look.LIGHT)
    assert heard == ["dark", "light"]
    theme.choose(Look.SYSTEM)
    assert theme.name in ("light", "dark")
    theme.choose(Look.LIGHT)


def test_an_icon_is_painted_in_its_colour(theme: Theme) -> None:
    picture: QImage = theme.pixmap("house", "error", 16, 2.0).toImage()
    assert (picture.width(), picture.height()) == (32, 32)
    solid = {
        picture.pixelColor(x, y).name().upper()
        for x in range(32)
        for y in range(32)
        if picture.pixelColor(x, y).alpha() == 255
    }
    assert solid == {load_tokens()["light"]["error"]}


def test_every_status_has_an_icon_a_colour_and_a_word(theme: Theme) -> None:
    signs = [*statuses._RUNS.values(), *statuses._DEPLOYMENTS.values(), *statuses._HEALTH.values()]
    for sign in signs:
        assert sign.word
        assert resource("icons", f"{sign.icon}.svg").is_file()
        assert theme.colour(sign.token).isValid()
    assert len({(sign.icon, sign.word) for sign in statuses._RUNS.values()}) == len(statuses._RUNS)


def test_type_is_the_bundled_inter_in_the_sizes_of_the_design(theme: Theme) -> None:
    for name, role in ROLES.items():
        font = theme.font(name)
        assert font.pixelSize() == role.pixels
        if not role.mono:
            assert QFontInfo(font).family() == "Inter"
    widths = {weight: theme.font(weight).weight() for weight in ("body", "label", "title")}
    assert list(widths.values()) == [400, 500, 600]


def test_every_icon_named_in_the_code_is_there() -> None:
    code = Path(resources.__file__).parent / "gui"
    text = "\n".join(path.read_text("utf-8") for path in code.rglob("*.py"))
    icons = {path.stem for path in resource("icons").glob("*.svg")}
    named = set(re.findall(r'(?:icon=|Icon\(\w*\.?_?theme, |_theme, )"([a-z0-9-]+)"', text))
    assert named
    assert named - {""} <= icons | {"true"} | set(ROLES), named - icons


def test_a_resource_is_found_in_the_package_first_and_in_the_checkout_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resource("samples", "flights.csv.zip").is_file()
    installed = tmp_path / "_resources"
    shutil.copytree(resource("style"), installed / "style")
    monkeypatch.setattr(resources, "_ROOTS", (installed, tmp_path / "nowhere"))
    assert resource("style", "tokens.json").parent.parent == installed
    with pytest.raises(FileNotFoundError, match=r"samples/flights\.csv\.zip"):
        resource("samples", "flights.csv.zip")


def test_a_font_package_that_is_not_installed_has_no_files() -> None:
    assert font_files("fontpkg_of_nobody") == []
    assert [path.suffix for path in font_files("fontpkg_inter")] == [".ttf"]
