"""What type each column has, decided over all rows and never by the first ones.

A few rows only tell which forms are worth trying; every form tried is then counted over the whole text, in bounded
memory. A column takes a type only where every value fits; anything else stays text, with the reason as a finding.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import Column, ColumnType, Finding, Misfits, ReadAnswers
from mlops_desktop.domain.errors import InvalidInputError, UnreadableTableError
from mlops_desktop.workers.tables import forms
from mlops_desktop.workers.tables.codes import finding
from mlops_desktop.workers.tables.detection import EMPTY_WORDS
from mlops_desktop.workers.tables.forms import Form
from mlops_desktop.workers.tables.staying_text import Counts, best, reasons, shown, word_findings

if TYPE_CHECKING:
    import polars as pl

_ROW = "row number"
ROWS = "\x00rows"
"""Of a column's different values the number of rows that hold each; no column can be called so."""

_NAME = "\x00name"
_VALUE = "\x00value"

Counted = Mapping[str, "pl.DataFrame"]
_EMPTIED = ("misfits_emptied", "read as empty")
_INTEGER = re.compile(forms.INTEGER)


@dataclass(frozen=True)
class Decision:
    """A column and the form its values are written in. NA and the like are missing in any form but text.

    `misfits` says what becomes of values that do not fit the form. A column that stayed text because of a few values
    has in `almost` the form that the others fit.
    """

    column: Column
    form: Form
    misfits: Misfits | None = None
    almost: Form | None = None


@dataclass(frozen=True)
class Stacked:
    """The different values of all columns in one frame: very many columns are counted at once and not one by one."""

    values: pl.DataFrame

    @classmethod
    def of(cls, table: pl.DataFrame) -> Stacked:
        stacked = table.unpivot(variable_name=_NAME, value_name=_VALUE)
        return cls(stacked.group_by(_NAME, _VALUE).len(ROWS))

    def weighed(self, tests: Mapping[str, pl.Expr]) -> dict[str, dict[str, int]]:
        """Of each column, how many rows hold a value that passes; the tests are of `_VALUE`."""
        import polars as pl

        passed = self.values.select(_NAME, ROWS, *(test.alias(key) for key, test in tests.items()))
        sums = (pl.col(ROWS).filter(pl.col(key)).sum().alias(key) for key in tests)
        return {str(row.pop(_NAME)): row for row in passed.group_by(_NAME).agg(sums).to_dicts()}


def decide_types(
    text: pl.LazyFrame,
    names: Sequence[str],
    sample: Sequence[Sequence[str]],
    answers: ReadAnswers,
    counted: Counted | Stacked | None = None,
) -> tuple[list[Decision], list[Finding]]:
    """The type of every column of a table of text, and what is worth knowing about it.

    `counted` has the different values of every column with their `ROWS`; then rows are not looked at one by one.
    Raises InvalidInputError for a type asked for a column that is not there, UnreadableTableError naming row, column
    and value where one does not fit the type that was asked for.
    """
    _check_asked(answers.column_types, names)
    tried = {name: _tried_forms(name, position, sample, answers) for position, name in enumerate(names)}
    likely = {name: _likely_forms(tried[name], position, sample, answers) for position, name in enumerate(names)}
    counts = _count(text, likely, answers, words=False, counted=counted)
    open_still = [name for name in names if not _is_settled(name, likely[name], counts[name], answers)]
    counts.update(_count(text, {name: tried[name] for name in open_still}, answers, words=True, counted=counted))
    tried.update({name: likely[name] for name in set(names).difference(open_still)})
    decisions: list[Decision] = []
    findings: list[Finding] = []
    left: list[str] = []
    for name in names:
        if name in answers.column_types:
            decision, found = _forced(text, name, tried[name], counts[name], answers)
            decisions.append(decision)
            findings += found
            continue
        form = _fitting(tried[name], counts[name])
        decisions.append(Decision(Column(name, form.type), form))
        findings += word_findings(name, form, counts[name])
        if form.type is ColumnType.TEXT and tried[name]:
            left.append(name)
    findings += reasons(
        text,
        left,
        tried,
        counts,
        decimal=answers.decimal or ".",
        first_misfit=lambda name, form: _first_misfit(text, name, form, answers),
    )
    mixed = {found.columns[0] for found in findings if found.code == "mixed_types"}
    almost = {name: best(tried[name], counts[name]) for name in mixed}
    return [replace(decision, almost=almost.get(decision.column.name)) for decision in decisions], findings


def typed(text: pl.LazyFrame, decisions: Sequence[Decision], answers: ReadAnswers) -> pl.LazyFrame:
    """The table of text as the table of values that was decided, without the rows that are left out."""
    left_out = left_out_rows(decisions, answers)
    kept = text if left_out is None else text.filter(~left_out)
    return kept.select(values(decisions, answers))


def values(decisions: Sequence[Decision], answers: ReadAnswers) -> list[pl.Expr]:
    """Every column's values, over the table of text."""
    return [decided_value(decision, answers).alias(decision.column.name) for decision in decisions]


def decided_value(decision: Decision, answers: ReadAnswers) -> pl.Expr:
    """The value of a cell; a value that does not fit has none where that was chosen."""
    import polars as pl

    value = _value(decision.column.name, decision.form, answers)
    return value if decision.misfits is None else pl.when(~misfit(decision, answers)).then(value)


def misfit(decision: Decision, answers: ReadAnswers) -> pl.Expr:
    """Whether a cell has a value that does not fit its column's form, or the form that the other values fit."""
    form = decision.almost or decision.form
    cell = _cell(decision.column.name, form, answers)
    return cell.is_not_null() & ~form.fits(cell)


def left_out_rows(decisions: Sequence[Decision], answers: ReadAnswers) -> pl.Expr | None:
    """Whether a row is left out; None where none is."""
    import polars as pl

    tests = [misfit(decision, answers) for decision in decisions if decision.misfits is Misfits.LEAVE_OUT]
    return pl.any_horizontal(tests) if tests else None


def _value(name: str, form: Form, answers: ReadAnswers) -> pl.Expr:
    """The value of a cell. NA and the like have none as a number or date; only yes/no must be told so."""
    import polars as pl

    if form.type in (ColumnType.TEXT, ColumnType.BOOLEAN):
        return form.value(_cell(name, form, answers))
    return form.value(_without(pl.col(name).str.strip_chars(), {*(answers.empty_values or ())} - {""}))


def _cell(name: str, form: Form, answers: ReadAnswers) -> pl.Expr:
    """A cell without empty values; trimmed and without NA and the like unless it is to be text."""
    import polars as pl

    if form.type is ColumnType.TEXT:
        return _without(pl.col(name), answers.empty_values or ())
    return _without(pl.col(name).str.strip_chars(), {*(answers.empty_values or ()), *EMPTY_WORDS})


def _without(cell: pl.Expr, words: Sequence[str] | set[str]) -> pl.Expr:
    import polars as pl

    unwanted = sorted(words)
    if not unwanted:
        return cell
    test = cell == unwanted[0] if len(unwanted) == 1 else cell.is_in(unwanted)
    return pl.when(~test).then(cell)


def _check_asked(asked: Mapping[str, ColumnType], names: Sequence[str]) -> None:
    for name in asked:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3)
            raise InvalidInputError(
                f"A type was chosen for the column {name!r}, but there is no such column.",
                hint=f"Did you mean {' or '.join(map(repr, near))}?" if near else "Look at the names in the preview.",
                facts={"kind": "column", "column": name, "near": near},
            )


def _tried_forms(name: str, position: int, sample: Sequence[Sequence[str]], answers: ReadAnswers) -> tuple[Form, ...]:
    decimal = answers.decimal or "."
    asked = answers.column_types.get(name)
    if asked is not None:
        return () if asked is ColumnType.TEXT else forms.forced_forms(asked, decimal)
    empty = {*(answers.empty_values or ()), *EMPTY_WORDS}
    cells = [row[position] for row in sample if row[position].strip() not in empty]
    shapes = {forms.shape_of(cell) for cell in cells}
    if shapes and not shapes - {""}:
        return ()
    if "time" in shapes or "zoned" in shapes:
        shapes |= {"time", "zoned"}
    return tuple(form for form in forms.own_forms(decimal) if not cells or form.shape in shapes)


def _likely_forms(
    tried: Sequence[Form], position: int, sample: Sequence[Sequence[str]], answers: ReadAnswers
) -> tuple[Form, ...]:
    """The forms to count first: of what looks like whole numbers throughout only these, else all but these."""
    if not any(form.name == "integer" for form in tried):
        return tuple(tried)
    empty = {*(answers.empty_values or ()), *EMPTY_WORDS}
    cells = [cell for row in sample if (cell := row[position].strip()) not in empty]
    if all(_INTEGER.match(cell) for cell in cells):
        return tuple(form for form in tried if form.name == "integer")
    return tuple(form for form in tried if form.name != "integer")


def _is_settled(name: str, likely: Sequence[Form], counts: Counts, answers: ReadAnswers) -> bool:
    """Whether every value fits already, so that nothing more needs to be counted."""
    if name in answers.column_types and answers.column_types[name] is ColumnType.TEXT:
        return True
    return counts.filled > 0 and any(counts.fits[form.name] == counts.filled for form in likely)


def _count(
    text: pl.LazyFrame,
    tried: Mapping[str, tuple[Form, ...]],
    answers: ReadAnswers,
    *,
    words: bool,
    counted: Counted | Stacked | None = None,
) -> dict[str, Counts]:
    """One pass over all rows. Without `words` NA and the like are not told from values."""
    if not tried:
        return {}
    if isinstance(counted, Stacked):
        return _count_stacked(counted, tried, answers, words=words)
    wanted = {
        name: _count_tests(name, position, forms_of_column, list(answers.empty_values or ()), words=words)
        for position, (name, forms_of_column) in enumerate(tried.items())
    }
    found: dict[str, int] = {}
    if counted is None:
        every = [test.sum().alias(key) for tests in wanted.values() for key, test in tests.items()]
        found = text.select(every).collect(engine="streaming").row(0, named=True)
    else:
        for name, tests in wanted.items():
            found |= _weighed(counted[name], tests)
    return {
        name: Counts(
            found[f"{position} filled"],
            found.get(f"{position} words", 0),
            {form.name: found[f"{position} {form.name}"] for form in forms_of_column},
        )
        for position, (name, forms_of_column) in enumerate(tried.items())
    }


def _count_stacked(
    stacked: Stacked, tried: Mapping[str, tuple[Form, ...]], answers: ReadAnswers, *, words: bool
) -> dict[str, Counts]:
    """Every form that is tried on some column is counted of all of them."""
    every = {form.name: form for forms_of_column in tried.values() for form in forms_of_column}
    tests = _count_tests(_VALUE, 0, tuple(every.values()), list(answers.empty_values or ()), words=words)
    found = stacked.weighed(tests)
    return {
        name: Counts(
            found[name]["0 filled"],
            found[name].get("0 words", 0),
            {form.name: found[name][f"0 {form.name}"] for form in forms_of_column},
        )
        for name, forms_of_column in tried.items()
    }


def _count_tests(
    name: str, position: int, tried: Sequence[Form], empty: Sequence[str], *, words: bool
) -> dict[str, pl.Expr]:
    """What is counted of one column, by the key of its count."""
    import polars as pl

    tests = {f"{position} filled": _without(pl.col(name), empty).is_not_null()}
    if words:
        tests[f"{position} words"] = _is_word(name, empty)
    trimmed = pl.col(name).str.strip_chars()
    cell = trimmed if list(empty) in ([], [""]) else _without(trimmed, empty)
    return tests | {f"{position} {form.name}": form.fits(cell) for form in tried}


def _weighed(values: pl.DataFrame, tests: Mapping[str, pl.Expr]) -> dict[str, int]:
    """How many rows hold a value that passes, by the different values of a column."""
    import polars as pl

    found = values.select(pl.col(ROWS).filter(test).sum().alias(key) for key, test in tests.items())
    return found.row(0, named=True)


def count_misfits(values: pl.DataFrame, tried: Sequence[Form], answers: ReadAnswers) -> tuple[int, dict[str, int]]:
    """Of one column's different values: how many rows hold a value, and how many fit each form."""
    name = values.columns[0]
    counts = _count(values.lazy(), {name: tuple(tried)}, answers, words=True, counted={name: values})[name]
    return counts.values, dict(counts.fits)


def _is_word(name: str, empty: Sequence[str]) -> pl.Expr:
    """NA and the like, and cells of blanks only: no value in a column of numbers, dates or yes/no."""
    import polars as pl

    words = [word for word in EMPTY_WORDS if word not in empty or not word]
    filled = _without(pl.col(name), empty).is_not_null()
    return filled & pl.col(name).str.strip_chars().is_in(words)


def _fitting(tried: Sequence[Form], counts: Counts) -> Form:
    """The most exact form that every value fits. Day first and month first both fitting is neither."""
    if not counts.values:
        return forms.text_form()
    fitting = [form for form in tried if counts.fits[form.name] == counts.values]
    if {"day first", "month first"} <= {form.name for form in fitting}:
        return forms.text_form()
    return fitting[0] if fitting else forms.text_form()


def _forced(
    text: pl.LazyFrame, name: str, tried: Sequence[Form], counts: Counts, answers: ReadAnswers
) -> tuple[Decision, list[Finding]]:
    asked = answers.column_types[name]
    if asked is ColumnType.TEXT:
        return Decision(Column(name, asked), forms.text_form()), []
    fitting = [form for form in tried if counts.fits[form.name] == counts.values]
    if {"day first", "month first"} <= {form.name for form in fitting} and counts.values:
        raise UnreadableTableError(
            f"The dates of {name!r} may be day/month or month/day: every one fits both.",
            hint="Have them written as year-month-day, or read the column as text.",
        )
    if fitting:
        return Decision(Column(name, asked), fitting[0]), []
    nearest = best(tried, counts)
    row, value = _first_misfit(text, name, nearest, answers)
    count = counts.values - counts.fits[nearest.name]
    misfits = answers.misfits.get(name)
    if misfits is not None:
        code, done = ("rows_left_out", "rows left out") if misfits is Misfits.LEAVE_OUT else _EMPTIED
        many = "1 value" if count == 1 else f"{count} values"
        sentence = f"{name!r}: {many} not {_article(asked)}, first {shown(value)} in row {row}; {done}."
        return Decision(Column(name, asked), nearest, misfits), [
            finding(code, sentence, (name,), count=count, first_row=row)
        ]
    raise UnreadableTableError(
        f"Row {row} of the column {name!r} holds {shown(value)}, which is not {_article(asked)}"
        f"; {count} values do not fit.",
        hint=f"Correct the file, choose another type for {name!r}, or name the value as an empty value.",
        facts={"kind": "type", "column": name, "type": asked.value, "row": row, "value": value, "count": count},
    )


def _first_misfit(text: pl.LazyFrame, name: str, form: Form, answers: ReadAnswers) -> tuple[int, str]:
    import polars as pl

    cell = _cell(name, form, answers)
    misfits = (
        text.select(pl.col(name).alias("value"), (cell.is_not_null() & ~form.fits(cell)).alias("misfit"))
        .with_row_index(_ROW, offset=1)
        .filter(pl.col("misfit"))
        .head(1)
        .collect(engine="streaming")
    )
    return int(misfits[_ROW][0]), str(misfits["value"][0])


def _article(kind: ColumnType) -> str:
    words = {
        ColumnType.BOOLEAN: "yes/no",
        ColumnType.INTEGER: "a whole number of 64 bits",
        ColumnType.FLOAT: "a number",
        ColumnType.DATE: "a date",
        ColumnType.DATETIME: "a time",
    }
    return words.get(kind, "text")
