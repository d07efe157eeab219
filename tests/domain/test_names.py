"""Names that can be shown and looked up, never a path; references that say the same after a journey as text."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.errors import InvalidNameError
from mlops_desktop.domain.names import (
    LONGEST_NAME,
    Reference,
    check_alias,
    check_name,
    parse_reference,
    tidy,
    usable_name,
)

_INNER = st.characters(categories=["Lu", "Ll", "Nd"]) | st.sampled_from(" .-_")
_ENDS = st.characters(categories=["Lu", "Ll", "Nd"])
NAMES = (
    st.builds(lambda first, inner, last: first + inner + last, _ENDS, st.text(_INNER, max_size=20), _ENDS)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(lambda text: all(c.isalnum() or c in " .-_" for c in text))
)
_ALIAS_CHARACTERS = string.ascii_lowercase + string.digits + "_-"
ALIASES = (
    st.builds(str.__add__, st.sampled_from(string.ascii_lowercase), st.text(_ALIAS_CHARACTERS, max_size=20))
    .filter(lambda text: text != "latest")
    .filter(lambda text: not text[1:].isdecimal())
)


@given(NAMES)
def test_a_good_name_is_taken_as_it_is(name: str) -> None:
    assert check_name(name, "dataset") == name
    assert check_name(f"  {name}\t", "dataset") == name


@given(
    st.one_of(
        st.builds(Reference, NAMES),
        st.builds(Reference, NAMES, number=st.integers(1, 999_999_999)),
        st.builds(Reference, NAMES, alias=ALIASES),
    )
)
def test_a_reference_says_the_same_after_a_journey_as_text(reference: Reference) -> None:
    assert parse_reference(str(reference), "model") == reference


@given(st.text(max_size=30))
def test_whatever_is_taken_is_taken_again_the_same(text: str) -> None:
    try:
        reference = parse_reference(text, "model")
    except InvalidNameError:
        return
    assert parse_reference(str(reference), "model") == reference
    assert "/" not in str(reference)
    assert not reference.name.startswith(".")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        ".",
        "..",
        "../etc/passwd",
        "/etc/passwd",
        "C:\\temp",
        "a/b",
        "a\\b",
        "a\0b",
        "a\nb",
        "a@b",
        "-rf",
        "_hidden",
        ".hidden",
        "name)",
        "name(1)",
        "$(reboot)",
        "`reboot`",
        "a;b",
        "a'b",
        'a"b',
        "a%b",
        "a:b",
        "a*b",
        "a\u202eb",
        "a\u200bb",
        "a\u00a0b",
        "\ud800",
        "ends-",
        "ends.",
        "x" * (LONGEST_NAME + 1),
    ],
)
def test_hostile_names_are_refused_with_a_hint(name: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        check_name(name, "dataset")
    assert caught.value.hint
    assert "dataset" in caught.value.message


def test_the_longest_name_fits() -> None:
    assert len(check_name("x" * LONGEST_NAME, "model")) == LONGEST_NAME


def test_two_ways_to_write_a_letter_are_one_name() -> None:
    assert check_name("Caf\u0065\u0301", "dataset") == "Caf\u00e9"
    assert tidy(" Caf\u0065\u0301 ") == "Caf\u00e9"


@pytest.mark.parametrize("name", ["हिन्दी", "ไทยไม้ 2", "x\u0302", "Verspa\u0308tung", "Vie\u0323\u0302t"])
def test_marks_belong_to_their_letters(name: str) -> None:
    assert check_name(name, "dataset") == unicodedata.normalize("NFC", name)
    assert usable_name(f"({name})", "dataset") == unicodedata.normalize("NFC", name)


def test_a_mark_without_a_letter_is_no_name() -> None:
    for name in ("\u0301abc", "a \u0301", "a\u0301/b"):
        with pytest.raises(InvalidNameError):
            check_name(name, "dataset")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("flights", Reference("flights")),
        ("flights@latest", Reference("flights")),
        ("flights@v3", Reference("flights", number=3)),
        ("flights@3", Reference("flights", number=3)),
        (" flights @v3", Reference("flights", number=3)),
        ("flight-late@champion", Reference("flight-late", alias="champion")),
        ("flight late 2@v12", Reference("flight late 2", number=12)),
    ],
)
def test_references_as_people_write_them(text: str, reference: Reference) -> None:
    assert parse_reference(text, "dataset") == reference


@pytest.mark.parametrize(
    "text", ["", "@v1", "flights@", "flights@v0", "flights@-1", "flights@v1@v2", "flights@Champion", "flights@a b"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidNameError):
        parse_reference(text, "dataset")


@pytest.mark.parametrize("alias", ["", "v3", "v12", "latest", "Champion", "3", "-a", "a b", "a@b", "a" * 51, "ü"])
def test_what_numbers_have_taken_is_no_alias(alias: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        check_alias(alias)
    assert caught.value.hint


@given(ALIASES)
def test_a_good_alias_is_taken(alias: str) -> None:
    assert check_alias(f" {alias} ") == alias


@given(st.text(max_size=200))
def test_any_text_gives_a_usable_name(text: str) -> None:
    name = usable_name(text, "experiment")
    assert check_name(name, "experiment") == name


def test_a_usable_name_stays_close_to_the_text() -> None:
    assert usable_name("flights-late", "experiment") == "flights-late"
    assert usable_name("taxis-tip (in $)", "experiment") == "taxis-tip -in"
    assert usable_name("??", "experiment") == "experiment"
