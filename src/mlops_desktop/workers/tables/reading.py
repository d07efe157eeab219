"""A delimited text file on its way to a typed table: staged, checked, its writing detected, its columns typed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import Column, Finding, ReadAnswers
from mlops_desktop.domain.errors import InvalidInputError, UnreadableTableError
from mlops_desktop.workers.tables import detection, headers, staging
from mlops_desktop.workers.tables.codes import finding
from mlops_desktop.workers.tables.column_types import Counted, Decision, Stacked, decide_types, left_out_rows, typed
from mlops_desktop.workers.tables.sources import open_source
from mlops_desktop.workers.tables.staging import StagedText, Tick
from mlops_desktop.workers.tables.structure import Structure, check_structure

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

_SAMPLE_ROWS = 1000
_SAMPLE_CELLS = 200_000
_CELLS_AT_ONCE = 10_000_000


@dataclass(frozen=True)
class TextTable:
    """A staged text in perfect shape, with every answer filled in. `rows` does not count the header."""

    staged: StagedText
    structure: Structure
    answers: ReadAnswers
    evidence: dict[str, str]
    names: tuple[str, ...]
    findings: tuple[Finding, ...]
    frame: pl.DataFrame | None = None

    @property
    def rows(self) -> int:
        return self.structure.records - (1 if self.answers.header else 0)

    def loaded(self, most_cells: int) -> TextTable:
        """The table in memory, so that its staged text may go; of a larger one the first rows, and it says so."""
        rows = max(1, most_cells // len(self.names))
        with reader_errors(self.staged.path.name):
            frame = self.scan().head(rows).collect()
        if frame.height == self.rows:
            return replace(self, frame=frame)
        records = frame.height + (1 if self.answers.header else 0)
        staged, structure = replace(self.staged, complete=False), replace(self.structure, records=records)
        return replace(self, frame=frame, staged=staged, structure=structure)

    def scan(self) -> pl.LazyFrame:
        """Every cell as text; an empty cell is empty text."""
        import polars as pl

        if self.frame is not None:
            return self.frame.lazy()
        return pl.scan_csv(
            self.staged.path,
            has_header=False,
            skip_rows=1 if self.answers.header else 0,
            separator=self.answers.delimiter or ",",
            quote_char=self.structure.quote,
            schema=dict.fromkeys(self.names, pl.String),
            empty_string_is_null=False,
            raise_if_empty=False,
            glob=False,
        )

    def sample(self) -> list[tuple[str, ...]]:
        """The first rows, as many as are needed to see what forms are worth trying."""
        rows = max(20, min(_SAMPLE_ROWS, _SAMPLE_CELLS // len(self.names)))
        with reader_errors(self.staged.path.name):
            found = self.scan().head(rows).collect().rows()
        return [tuple(cell or "" for cell in row) for row in found]


@dataclass(frozen=True)
class TypedTable:
    """A text table whose columns have their types. `rows` does not count those that the answers leave out."""

    text: TextTable
    decisions: tuple[Decision, ...]
    findings: tuple[Finding, ...]
    rows: int

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are kept."""
        return tuple(decision.column for decision in self.kept)

    @property
    def kept(self) -> tuple[Decision, ...]:
        left_out = self.text.answers.columns_left_out
        return tuple(decision for decision in self.decisions if decision.column.name not in left_out)

    def scan(self) -> pl.LazyFrame:
        """The values, not yet computed."""
        return typed(self.text.scan(), self.kept, self.text.answers)


def read_text(
    path: Path, answers: ReadAnswers, folder: Path, *, head: int | None = None, tick: Tick | None = None
) -> TextTable:
    """Stage a source file in `folder` and find out how it is written; with `head` only about that many bytes.

    Raises UnreadableTableError where it is no table, with the lines that tell; InvalidInputError for an answer that
    cannot be used.
    """
    detection.check_answers(answers)
    with open_source(path) as source:
        staged = staging.stage(source, folder / "staged.csv", encoding=answers.encoding, head=head, tick=tick)
    if answers.lines_left_out:
        staged = staging.leave_lines_out(staged, answers.lines_left_out)
    if not staged.size:
        raise _nothing(path.name, staged)
    detected = detection.detect(
        staged.path, answers, name=path.name, encoding=staged.encoding, encoding_evidence=staged.evidence
    )
    found = detected.answers
    delimiter, quote = found.delimiter or ",", found.quote or ""
    structure = check_structure(
        staged.path, delimiter, quote, path.name, complete=staged.complete, leave_ragged_out=found.ragged_left_out
    )
    names, findings = _names(staged.path, found, structure)
    staging.mark_as_text(staged.path)
    if structure.records <= (1 if found.header else 0):
        raise _no_rows(path.name, staged, names, structure.records + 1)
    if not set(names).difference(found.columns_left_out):
        raise InvalidInputError("Every column is left out.", hint="Keep at least one column.")
    findings += _shape_findings(structure, len(found.lines_left_out))
    findings += _encoding_findings(staged, found.lines_left_out)
    return TextTable(staged, structure, found, detected.evidence, tuple(names), tuple(findings))


def type_table(text: TextTable, counted: Counted | Stacked | None = None) -> TypedTable:
    """Decide every column's type over all rows. Raises UnreadableTableError where an asked type does not fit.

    `counted` has the different values of every column, where they were counted before.
    """
    answers = text.answers
    with reader_errors(text.staged.path.name):
        rows = text.scan()
        if text.rows * len(text.names) <= _CELLS_AT_ONCE:
            rows = rows.collect().lazy()
        decisions, findings = decide_types(rows, text.names, text.sample(), answers, counted)
        kept = [decision for decision in decisions if decision.column.name not in answers.columns_left_out]
        left_out = left_out_rows(kept, answers)
        number = 0 if left_out is None else int(rows.select(left_out.sum()).collect().item())
    if number == text.rows:
        raise UnreadableTableError("Every row is left out.", hint="Choose another type for the column.")
    shown = [found for found in findings if not set(found.columns).intersection(answers.columns_left_out)]
    return TypedTable(text, tuple(decisions), (*text.findings, *shown), text.rows - number)


@contextmanager
def reader_errors(name: str) -> Iterator[None]:
    """The table reader's own errors in our words."""
    import polars as pl

    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise UnreadableTableError(
            f"{name} cannot be read as a table.",
            hint="Look at the preview: delimiter, quote sign or encoding may be another one.",
            details=str(error),
        ) from error


def with_types(answers: ReadAnswers, names: Sequence[str]) -> ReadAnswers:
    """Answers whose column types name only columns that are there, for a new version of a file."""
    kept = {name: kind for name, kind in answers.column_types.items() if name in names}
    misfits = {name: what for name, what in answers.misfits.items() if name in names}
    return replace(answers, column_types=kept, misfits=misfits)


def _names(path: Path, answers: ReadAnswers, structure: Structure) -> tuple[list[str], list[Finding]]:
    if not answers.header:
        return headers.numbered_names(structure.fields), []
    return headers.usable_names(headers.first_record(path, answers.delimiter or ",", structure.quote))


def _shape_findings(structure: Structure, lines_left_out: int) -> list[Finding]:
    findings: list[Finding] = []
    count = structure.left_out + lines_left_out
    if count:
        said = "1 line was left out, as you asked." if count == 1 else f"{count} lines were left out, as you asked."
        findings.append(finding("lines_left_out", said, count=count))
    count = structure.blank_lines - lines_left_out
    if count > 0:
        lines = "1 blank line was" if count == 1 else f"{count} blank lines were"
        findings.append(finding("blank_lines", f"{lines} passed over.", count=count))
    if structure.stray_quotes:
        findings.append(finding("stray_quotes", "Quote signs inside of cells were kept as letters of the text."))
    if structure.mixed_line_ends:
        findings.append(finding("mixed_line_ends", "Lines end in different ways; each way was taken as a line end."))
    return findings


def _encoding_findings(staged: StagedText, left_out: Sequence[int]) -> list[Finding]:
    line = staged.odd_line
    if line is None or line in left_out:
        return []
    sentence = (
        f"Line {line} looks like UTF-8 but was read as {staged.encoding} like the rest, so its letters with accents "
        "may be wrong, such as Ã© for é. Have the file written in one encoding, or leave the line out."
    )
    return [finding("mixed_encodings", sentence)]


def _nothing(name: str, staged: StagedText) -> UnreadableTableError:
    if not staged.source_size:
        return UnreadableTableError(f"{name} is empty: it has 0 bytes.", hint="Export it again from its program.")
    what = "the mark of its encoding" if staged.source_size <= 4 else "an empty text"
    return UnreadableTableError(f"{name} holds only {what} and no table.", hint="Export it again from its program.")


def _no_rows(name: str, staged: StagedText, names: Sequence[str], line: int) -> UnreadableTableError:
    if not staged.complete:
        return UnreadableTableError(
            f"Line {line} of {name} does not end within {staged.size >> 20} MiB; no row of a table is that long.",
            hint="Choose another delimiter, or another quote sign if a quote that opens there is never closed.",
            facts={"kind": "quote", "line": line},
        )
    return UnreadableTableError(
        f"{name} has a header ({_listed(names)}) and no rows below it.",
        hint="If the first line is a row, choose to read without a header.",
        facts={"kind": "header", "line": 1},
    )


def _listed(names: Sequence[str]) -> str:
    shown = [name if len(name) <= 40 else name[:37] + "..." for name in names[:5]]
    return ", ".join(shown) + (", ..." if len(names) > 5 else "")
