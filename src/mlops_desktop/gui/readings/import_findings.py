"""What is odd about a file in words: title, numbers, what may be decided, and whether it is settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops_desktop.domain.datasets import ColumnType, Finding, FindingSeverity
from mlops_desktop.domain.previews import FindingChoice, Preview, PreviewFinding
from mlops_desktop.gui import formats

_TO_DECIDE = frozenset({"mixed_types"})
_MISFITS = frozenset({"mixed_types", "misfits_emptied", "rows_left_out"})
_GROUPED = frozenset({"missing_words", "missing_words_kept"})
_TITLES = {
    "mixed_types": "{} mixes {} and text",
    "misfits_emptied": "{}: what does not fit is empty",
    "rows_left_out": "{}: rows that do not fit are left out",
    "leading_zeros": "{} keeps its leading zeros",
    "number_too_large": "{} has numbers that cannot be kept exactly",
    "mixed_encodings": "A line is in another encoding",
    "infinite_values": "{} has infinite values",
    "ambiguous_dates": "{}: day and month cannot be told apart",
    "mixed_time_zones": "{} has times with and without an offset",
    "missing_words": "NA and the like are empty",
    "missing_words_kept": "NA and the like in {}",
    "renamed_column": "{} was renamed",
    "blank_lines": "Blank lines were passed over",
    "stray_quotes": "Quotes inside cells were kept",
    "mixed_line_ends": "Lines end in different ways",
    "lines_left_out": "Lines are left out",
}
_WORDS = {
    ColumnType.INTEGER: "numbers",
    ColumnType.FLOAT: "numbers",
    ColumnType.BOOLEAN: "yes/no",
    ColumnType.DATE: "dates",
    ColumnType.DATETIME: "times",
}
CHANGEABLE = frozenset({"leading_zeros", "number_too_large", "ambiguous_dates", "mixed_time_zones", "infinite_values"})
"""Findings about a type, which the column's menu changes."""


@dataclass(frozen=True)
class FindingView:
    """`is_open` waits for a person; `column` is what a link to change it leads to."""

    title: str
    sentence: str
    is_open: bool = False
    is_warning: bool = False
    is_about_misfits: bool = False
    choices: tuple[FindingChoice, ...] = ()
    column: str = ""


def views(preview: Preview, decided: frozenset[str] = frozenset()) -> tuple[FindingView, ...]:
    """The findings, those to decide first; of many columns with missing words one. `decided` names columns."""
    shown: list[FindingView] = []
    groups: dict[str, list[PreviewFinding]] = {}
    for item in preview.findings:
        if item.finding.code in _GROUPED:
            groups.setdefault(item.finding.code, []).append(item)
        else:
            shown.append(_view(preview, item, decided))
    shown += [_group(items) for items in groups.values()]
    return tuple(sorted(shown, key=lambda view: (not view.is_about_misfits, not view.is_warning)))


def _view(preview: Preview, item: PreviewFinding, decided: frozenset[str]) -> FindingView:
    found = item.finding
    name = found.columns[0] if found.columns else ""
    is_open = found.code in _TO_DECIDE and name not in decided
    return FindingView(
        title=_TITLES.get(found.code, "{}").format(name, _kind_words(item, name)) or found.code,
        sentence=_sentence(preview, found),
        is_open=is_open,
        is_warning=found.severity is FindingSeverity.WARNING and found.code not in (*_TO_DECIDE, "renamed_column"),
        is_about_misfits=found.code in _MISFITS,
        choices=item.choices,
        column=name if found.code in CHANGEABLE else "",
    )


def _sentence(preview: Preview, found: Finding) -> str:
    name, count = (found.columns[0] if found.columns else ""), formats.count(found.count or 0)
    if found.code in _MISFITS:
        does = "does" if found.count == 1 else "do"
        value = _odd_value(preview, name)
        what = f", such as “{value}”" if value else ""
        row = f", first in row {formats.count(found.first_row)}" if found.first_row else ""
        return f"{count} of {formats.count(preview.row_count)} cells {does} not fit{what}{row}."
    if found.code == "leading_zeros":
        cells = "cell begins" if found.count == 1 else "cells begin"
        return f"{count} {cells} with a zero. Read as text; as numbers they would lose it."
    return found.sentence


def _kind_words(item: PreviewFinding, name: str) -> str:
    """What the values are that fit, by the type that the choices would give."""
    kinds = {kind for choice in item.choices if (kind := choice.answers.column_types.get(name)) is not None}
    return next((_WORDS[kind] for kind in kinds if kind in _WORDS), "values")


def _odd_value(preview: Preview, name: str) -> str:
    places = [place for place, column in enumerate(preview.columns) if column.name == name]
    for row in preview.odd_rows:
        if places and places[0] in row.odd:
            value = row.cells[places[0]] or ""
            return value if len(value) <= 30 else value[:29] + "…"
    return ""


def _group(items: Sequence[PreviewFinding]) -> FindingView:
    code = items[0].finding.code
    names = [name for item in items for name in item.finding.columns[:1]]
    count = sum(item.finding.count or 0 for item in items)
    where = names[0] if len(names) == 1 else f"{len(names)} columns"
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    if code == "missing_words":
        sentence = f"{formats.plural(count, 'cell')} in {shown}: no number, date or yes/no stands there."
    else:
        sentence = f"{formats.plural(count, 'cell')} in {shown}, kept as text beside other text."
    return FindingView(_TITLES[code].format(where), sentence, choices=items[0].choices)
