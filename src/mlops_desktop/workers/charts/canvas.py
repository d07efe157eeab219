"""A figure in the design's manner, and its files: the same values always give the same bytes."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlops_desktop.resources import font_files
from mlops_desktop.workers.charts.tokens import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DOTS = 100
_LONGEST_LABEL = 40


@dataclass(frozen=True)
class Size:
    """Logical pixels, and how many real ones each is wide."""

    width: int
    height: int
    pixel_ratio: float = 1.0


@contextmanager
def manner(theme: Theme) -> Iterator[None]:
    """matplotlib's settings for everything drawn and saved inside."""
    import matplotlib

    settings: Any = {
        "font.family": _families(),
        "font.size": 10,
        "text.parse_math": False,
        "text.color": theme.text,
        "axes.labelcolor": theme.muted,
        "axes.edgecolor": theme.axis,
        "axes.facecolor": theme.surface,
        "axes.titlesize": 11,
        "axes.titlecolor": theme.text,
        "axes.titlelocation": "left",
        "axes.unicode_minus": True,
        "axes.formatter.use_mathtext": False,
        "figure.facecolor": theme.surface,
        "savefig.facecolor": theme.surface,
        "xtick.color": theme.axis,
        "ytick.color": theme.axis,
        "xtick.labelcolor": theme.muted,
        "ytick.labelcolor": theme.muted,
        "grid.color": theme.grid,
        "legend.frameon": False,
        "legend.labelcolor": theme.text,
        "svg.fonttype": "path",
        "svg.hashsalt": "mlops-desktop",
    }
    with matplotlib.rc_context(settings):
        yield


def new_figure(size: Size) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(size.width / _DOTS, size.height / _DOTS), dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def prepare_axes(axes: Axes, *, grid: Literal["x", "y"] = "y", ticks: int = 5) -> None:
    """Only the axis lines that are read, a grid across them, at most six ticks."""
    from matplotlib.ticker import MaxNLocator

    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis=grid)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(ticks))


def legend_above(axes: Axes, *, always: bool = False) -> None:
    """A legend over the whole figure, in as many columns as its names leave room for."""
    lines, names = axes.get_legend_handles_labels()
    figure = axes.get_figure(root=True)
    if figure is None or len(names) < (1 if always else 2):
        return
    widest = max(len(name) for name in names) * 0.075 + 0.7  # inches: the name and its mark
    columns = max(1, min(len(names), int(figure.get_figwidth() / widest)))
    figure.legend(lines, names, loc="outside upper left", ncols=columns, handlelength=3.0)


def label(text: object) -> str:
    """A name as one short line; control signs and line breaks become spaces."""
    clean = " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())
    return clean if len(clean) <= _LONGEST_LABEL else f"{clean[: _LONGEST_LABEL - 1]}…"


def save(figure: Figure, folder: Path, name: str, formats: tuple[str, ...], size: Size) -> list[Path]:
    """Writes each format whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for form in formats:
        content = io.BytesIO()
        metadata: dict[str, Any] = {"Date": None, "Creator": None} if form == "svg" else {"Software": None}
        dots = _DOTS * size.pixel_ratio if form == "png" else _DOTS
        figure.savefig(content, format=form, dpi=dots, metadata=metadata)
        path = folder / f"{name}.{form}"
        draft = path.with_name(f".{path.name}.part")
        draft.write_bytes(content.getvalue())
        os.replace(draft, path)
        written.append(path)
    return written


@functools.cache
def _families() -> tuple[str, ...]:
    """The design's font where it is installed, then matplotlib's own."""
    from matplotlib import font_manager

    found = []
    for path in font_files("fontpkg_inter"):
        try:
            font_manager.fontManager.addfont(path)
            found.append(font_manager.FontProperties(fname=path).get_name())
        except (OSError, RuntimeError):
            continue
    return (*dict.fromkeys(found), "DejaVu Sans")
