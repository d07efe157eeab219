"""What may be decided about a file: the types a column could have, and the ways to deal with a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import ColumnType, Finding, Misfits, ReadAnswers
from mlops_desktop.domain.previews import FindingChoice, PreviewFinding, TypeChoice
from mlops_desktop.workers.tables import forms
from mlops_desktop.workers.tables.column_types import ROWS, Decision, count_misfits
from mlops_desktop.workers.tables.detection import EMPTY_WORDS

if TYPE_CHECKING:
    import polars as pl

MOST_VALUES = 50_000
_TYPES = (ColumnType.INTEGER, ColumnType.FLOAT, ColumnType.BOOLEAN, ColumnType.DATE, ColumnType.DATETIME)


def type_choices(counted: pl.DataFrame, answers: ReadAnswers) -> tuple[TypeChoice, ...]:
    """Every type but text, with how many values do not fit; of very many different values some are looked at."""
    name = counted.columns[0]
    is_counted = counted.height <= MOST_VALUES
    looked_at = counted if is_counted else counted.head(MOST_VALUES)
    plain = replace(answers, column_types={}, misfits={})
    return tuple(_type_choice(name, looked_at, kind, plain, is_counted=is_counted) for kind in _TYPES)


def finding_choices(
    findings: Sequence[Finding], decisions: Sequence[Decision], counted_words: Sequence[str], answers: ReadAnswers
) -> tuple[PreviewFinding, ...]:
    """Every finding with the ways to deal with it, the harmless one first."""
    almost = {item.column.name: item.almost.type for item in decisions if item.almost is not None}
    return tuple(PreviewFinding(found, _choices(found, almost, counted_words, answers)) for found in findings)


def _type_choice(
    name: str, values: pl.DataFrame, kind: ColumnType, answers: ReadAnswers, *, is_counted: bool
) -> TypeChoice:
    tried = forms.forced_forms(kind, answers.decimal or ".")
    filled, fits = count_misfits(values, tried, answers)
    best = max(tried, key=lambda form: fits[form.name])
    fitting = fits[best.name]
    problem = ""
    if not fitting:
        problem = "no value fits" if is_counted else ""
    elif kind is ColumnType.DATE and fits.get("day first") == fits.get("month first") == filled:
        problem = "day and month cannot be told apart"
    example = _example(values, name) if kind is ColumnType.INTEGER and fitting else None
    return TypeChoice(kind, filled, filled - fitting, problem, example, is_counted)


def _example(values: pl.DataFrame, name: str) -> tuple[str, str] | None:
    """A number that loses its leading zeros."""
    import polars as pl

    padded = values.filter(pl.col(name).str.contains(forms.LEADING_ZERO)).sort(ROWS, name, descending=[True, False])
    if not padded.height:
        return None
    text = str(padded[name][0])
    return text, str(int(text)) if len(text) < 20 else text.lstrip("0")


def _choices(
    found: Finding, almost: dict[str, ColumnType], words: Sequence[str], answers: ReadAnswers
) -> tuple[FindingChoice, ...]:
    name = found.columns[0] if found.columns else ""
    match found.code:
        case "mixed_types":
            return _misfit_choices(name, almost.get(name), answers)
        case "misfits_emptied" | "rows_left_out":
            return _misfit_choices(name, answers.column_types.get(name), answers)
        case "missing_words_kept" if words:
            more = tuple(dict.fromkeys((*(answers.empty_values or ()), *words)))
            caption = f"Read {' and '.join(words[:3])} as empty"
            return (
                FindingChoice("Keep them as text", answers, is_chosen=True),
                FindingChoice(caption, replace(answers, empty_values=more), "in every column"),
            )
        case "renamed_column":
            others = tuple(column for column in answers.columns_left_out if column != name)
            is_out = name in answers.columns_left_out
            return (
                FindingChoice("Keep the column", replace(answers, columns_left_out=others), is_chosen=not is_out),
                FindingChoice("Leave it out", replace(answers, columns_left_out=(*others, name)), is_chosen=is_out),
            )
    return ()


def _misfit_choices(name: str, kind: ColumnType | None, answers: ReadAnswers) -> tuple[FindingChoice, ...]:
    if kind is None:
        return ()
    chosen = answers.misfits.get(name) if name in answers.column_types else None
    types = {other: known for other, known in answers.column_types.items() if other != name}
    misfits = {other: what for other, what in answers.misfits.items() if other != name}
    as_text = replace(answers, column_types=types, misfits=misfits)

    def dealt(what: Misfits) -> ReadAnswers:
        return replace(answers, column_types={**types, name: kind}, misfits={**misfits, name: what})

    return (
        FindingChoice("Keep the column as text", as_text, is_chosen=chosen is None),
        FindingChoice("Read them as empty", dealt(Misfits.EMPTY), is_chosen=chosen is Misfits.EMPTY),
        FindingChoice("Leave these rows out", dealt(Misfits.LEAVE_OUT), is_chosen=chosen is Misfits.LEAVE_OUT),
    )


def words_kept(columns: Sequence[pl.DataFrame], answers: ReadAnswers) -> list[str]:
    """NA and the like that stand in these columns, by their different values."""
    known = [word for word in EMPTY_WORDS if word not in (answers.empty_values or ())]
    found: set[str] = set()
    for values in columns:
        series = values.to_series(0)
        found |= set(series.filter(series.is_in(known)).to_list())
    return [word for word in known if word in found]
