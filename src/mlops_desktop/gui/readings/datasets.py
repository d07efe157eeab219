"""What the Datasets page shows, read in the lane, and its sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from mlops_desktop.domain.datasets import DatasetVersion, Finding, VersionDifference
from mlops_desktop.domain.findings import by_kind, is_to_look_at, to_look_at
from mlops_desktop.gui import formats
from mlops_desktop.gui.statuses import Sign
from mlops_desktop.services.dataset_uses import DatasetUses, with_leakage

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

MOST_NAMES = 6
Facts = list[tuple[str, str]]


@dataclass(frozen=True)
class DatasetEntry:
    """A dataset as the list shows it; `latest` is 0 while there is no version."""

    name: str
    created_at: datetime
    latest: int = 0
    rows: int = 0
    columns: int = 0
    size: int = 0
    warnings: int = 0
    notes: int = 0
    imported_at: datetime | None = None


@dataclass(frozen=True)
class DatasetListing:
    """`stored` are the bytes of all versions, each content once."""

    entries: tuple[DatasetEntry, ...] = ()
    versions: int = 0
    stored: int = 0


@dataclass(frozen=True)
class VersionNote:
    """One version in the list of versions, without its content."""

    reference: str
    number: int
    rows: int
    file_name: str
    difference: VersionDifference | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class DatasetFacts:
    """One dataset: its versions, newest first, and the chosen one whole."""

    name: str
    versions: tuple[VersionNote, ...] = ()
    chosen: DatasetVersion | None = None

    @property
    def latest(self) -> int:
        return self.versions[0].number if self.versions else 0


@dataclass(frozen=True)
class FindingGroup:
    """What was found of one kind: a title, the rest of the words, and where to look."""

    code: str
    is_warning: bool
    title: str
    words: str
    column: str = ""
    first_row: int | None = None


def read_listing(workspace: Workspace) -> DatasetListing:
    entries, sizes, count = [], dict[str, int](), 0
    for dataset in workspace.datasets.list():
        versions = workspace.datasets.versions(dataset.name) if dataset.latest_number else ()
        sizes |= {version.content_hash: version.size for version in versions}
        count += len(versions)
        found = workspace.datasets.findings(versions[-1].reference) if versions else ()
        entries.append(_entry(dataset.name, dataset.created_at, versions, found))
    entries.sort(key=lambda entry: entry.imported_at or entry.created_at, reverse=True)
    return DatasetListing(tuple(entries), count, sum(sizes.values()))


def _entry(
    name: str, created_at: datetime, versions: Sequence[DatasetVersion], findings: Sequence[Finding]
) -> DatasetEntry:
    if not versions:
        return DatasetEntry(name, created_at)
    last = versions[-1]
    entry = DatasetEntry(
        name=name,
        created_at=created_at,
        latest=last.number,
        rows=last.rows,
        columns=len(last.columns),
        size=last.size,
        imported_at=last.created_at,
    )
    return with_findings(entry, findings)


def with_findings(entry: DatasetEntry, findings: Sequence[Finding]) -> DatasetEntry:
    warnings = to_look_at(findings)
    return replace(entry, warnings=warnings, notes=len(by_kind(findings)) - warnings)


def read_dataset(workspace: Workspace, name: str, number: int | None) -> DatasetFacts:
    """Without a number, or with one that is not there, the latest version is chosen."""
    versions = workspace.datasets.versions(name)
    notes = tuple(
        VersionNote(
            version.reference,
            version.number,
            version.rows,
            version.source.file_name,
            version.difference,
            version.created_at,
            version.created_by,
        )
        for version in reversed(versions)
    )
    chosen = next((version for version in versions if version.number == number), versions[-1] if versions else None)
    return DatasetFacts(name, notes, chosen)


def all_findings(version: DatasetVersion, uses: DatasetUses) -> list[Finding]:
    """What the import found, and what is known of leakage since."""
    return list(with_leakage(version, uses.leakage))


def listing_sentence(listing: DatasetListing) -> str:
    if not listing.entries:
        return "No data yet"
    parts = [formats.plural(len(listing.entries), "dataset"), formats.plural(listing.versions, "version")]
    troubled = sum(entry.warnings > 0 for entry in listing.entries)
    parts.append(f"{formats.size(listing.stored)} stored once by content")
    if troubled:
        parts.append(f"{troubled} with something to look at" if troubled > 1 else "1 with something to look at")
    return " · ".join(parts)


def entry_sign(entry: DatasetEntry) -> Sign:
    """What the list says of the quality of the latest version."""
    if not entry.latest:
        return Sign("clock", "muted", "No version yet")
    if entry.warnings:
        return Sign("triangle-alert", "warn", formats.plural(entry.warnings, "finding"))
    if entry.notes:
        return Sign("info", "muted", formats.plural(entry.notes, "note"))
    return Sign("circle-check", "ok", "No findings")


def entry_line(entry: DatasetEntry) -> str:
    if not entry.latest:
        return "nothing imported yet"
    return f"{formats.count(entry.rows)} × {formats.count(entry.columns)} · {formats.size(entry.size)}"


def imported_words(version: DatasetVersion, now: datetime) -> str:
    return f"imported {formats.moment(version.created_at, now)} by {version.created_by}"


def change_words(note: VersionNote) -> str:
    """What a version brought, in one line."""
    difference = note.difference
    if difference is None:
        return f"imported from {note.file_name}"
    parts = [
        _columns_words("+", difference, "added"),
        _columns_words("−", difference, "removed"),
        *(f"{column.name} read as {column.after}" for column in difference.columns if column.change == "retyped"),
    ]
    grown = difference.rows_after - difference.rows_before
    if grown:
        parts.append(f"{'+' if grown > 0 else '−'}{formats.plural(abs(grown), 'row')}")
    elif difference.rows_in_both < difference.rows_after and not any(parts):
        parts.append(f"{formats.plural(difference.rows_after - difference.rows_in_both, 'row')} differ")
    return " · ".join(part for part in parts if part) or "the same rows, read anew"


def _columns_words(sign: str, difference: VersionDifference, change: str) -> str:
    names = [column.name for column in difference.columns if column.change == change]
    return f"{sign}{formats.plural(len(names), 'column')}: {some(names, 3)}" if names else ""


def some(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """The first names, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {formats.count(rest)} more" if rest > 0 else "")


def difference_sentence(difference: VersionDifference, before: str, after: str) -> str:
    """Rows in words: how many came, went and stayed."""
    stayed = difference.rows_in_both
    came, went = difference.rows_after - stayed, difference.rows_before - stayed
    if not came and not went:
        return f"All {formats.plural(stayed, 'row')} are in both."
    both = formats.count(stayed) if stayed else "none"
    return f"{formats.plural(came, 'row')} only in {after}, {formats.count(went)} only in {before}, {both} in both."


_TITLES = {
    "renamed_column": ("The column {column} was renamed", "{n} columns were renamed"),
    "blank_lines": ("Blank lines were passed over", "Blank lines were passed over"),
    "stray_quotes": ("Quote signs were kept as letters", "Quote signs were kept as letters"),
    "mixed_line_ends": ("Lines end in different ways", "Lines end in different ways"),
    "missing_words_kept": ("NA and the like kept as text in {column}", "NA and the like kept as text in {n} columns"),
    "missing_words": ("NA and the like read as empty in {column}", "NA and the like read as empty in {n} columns"),
    "leading_zeros": ("{column} keeps its leading zeros", "{n} columns keep their leading zeros"),
    "number_too_large": ("{column} has numbers beyond a float", "{n} columns have numbers beyond a float"),
    "mixed_encodings": ("A line is in another encoding", "A line is in another encoding"),
    "infinite_values": ("{column} has infinite values", "{n} columns have infinite values"),
    "ambiguous_dates": ("Day or month first in {column}?", "Day or month first in {n} columns?"),
    "mixed_time_zones": ("{column} mixes time zones", "{n} columns mix time zones"),
    "mixed_types": ("A few values do not fit {column}", "A few values do not fit {n} columns"),
    "empty_column": ("{column} is empty", "{n} columns are empty"),
    "constant_column": ("{column} always holds the same value", "{n} columns always hold the same value"),
    "many_missing": ("{column} is mostly empty", "{n} columns are mostly empty"),
    "likely_identifier": ("{column} looks like an identifier", "{n} columns look like identifiers"),
    "many_categories": ("{column} has very many values", "{n} columns have very many values"),
    "duplicate_rows": ("Rows are there more than once", "Rows are there more than once"),
    "outliers": ("{column} has values far from the others", "{n} columns have values far from the others"),
    "surrounding_blanks": ("Blanks around values of {column}", "Blanks around values of {n} columns"),
    "twin_spellings": ("{column} spells values in two ways", "{n} columns spell values in two ways"),
    "mixed_units": ("{column} mixes units", "{n} columns mix units"),
    "formula_like": ("{column} has values like formulas", "{n} columns have values like formulas"),
    "decides_target": ("Possible leakage: {column}", "Possible leakage in {n} columns"),
    "known_after": ("{column} may be known too late", "{n} columns may be known too late"),
    "strongly_related": ("{column} is a very strong hint", "{n} columns are very strong hints"),
}
_TARGETS = ("decides_target", "known_after", "strongly_related")
_RANKS = {code: rank for rank, code in enumerate((*_TARGETS, "many_missing", "duplicate_rows"))}


def grouped(findings: Sequence[Finding]) -> list[FindingGroup]:
    """Findings of one kind together, warnings first."""
    groups = [_group(code, items) for code, items in by_kind(findings).items()]
    return sorted(groups, key=lambda group: (not group.is_warning, _RANKS.get(group.code, len(_RANKS))))


def _group(code: str, items: Sequence[Finding]) -> FindingGroup:
    first = items[0]
    columns = list(dict.fromkeys(item.columns[0] for item in items if item.columns))
    # Of very many columns the last finding counts the rest.
    rest = sum(item.count or 0 for item in items if not item.columns) if columns else 0
    number = len(columns) + rest
    titles = _TITLES.get(code, ("Something to look at in {column}", "Something to look at in {n} columns"))
    title = titles[0 if number <= 1 else 1].format(column=some(columns, 1), n=formats.count(number))
    words = _words(first) if len(items) == 1 else _columns_of(code, items)
    return FindingGroup(code, is_to_look_at(items), title, words, columns[0] if columns else "", first.first_row)


def _words(finding: Finding) -> str:
    """The sentence without quotes around columns, its count in groups of three digits."""
    text = finding.sentence
    for column in finding.columns:
        text = text.replace(repr(column), column)
    for number in (finding.count, finding.first_row):
        if number is not None and number >= 1000:
            text = text.replace(f" {number} ", f" {formats.count(number)} ").replace(
                f" {number}.", f" {formats.count(number)}."
            )
            text = formats.count(number) + text[len(str(number)) :] if text.startswith(f"{number} ") else text
    return text


def _columns_of(code: str, items: Sequence[Finding]) -> str:
    named = [item for item in items if item.columns]
    if code in _TARGETS:
        by_target: dict[str, list[str]] = {}
        for item in named:
            by_target.setdefault(item.columns[-1], []).append(item.columns[0])
        verb = {"decides_target": "decide", "known_after": "known after", "strongly_related": "hint at"}[code]
        return "; ".join(f"{some(list(dict.fromkeys(names)))}: {verb} {to}" for to, names in by_target.items())
    counted = [
        f"{item.columns[0]} {formats.count(item.count)}" if item.count is not None else item.columns[0]
        for item in named
    ]
    return some(counted)


_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", " ": "blank"}


def provenance(version: DatasetVersion, now: datetime) -> Facts:
    """Where a version came from and how it was read."""
    source, answers = version.source, version.source.answers
    read = [
        _DELIMITERS.get(answers.delimiter or "", answers.delimiter or ""),
        (answers.encoding or "").upper(),
        "" if answers.header is None else "names in row 1" if answers.header else "no names",
        f"decimal {answers.decimal}" if answers.decimal else "",
    ]
    empty = [value for value in answers.empty_values or () if value]
    set_types = [f"{name} as {kind}" for name, kind in answers.column_types.items()]
    return [
        ("File", source.file_name),
        ("File size", formats.size(source.size)),
        ("Imported", f"{formats.moment(version.created_at, now)} by {version.created_by}"),
        ("Read with", ", ".join(part for part in read if part)),
        *([("Read as empty", ", ".join(empty))] if empty else []),
        *([("Types chosen", some(set_types, 3))] if set_types else []),
        *((f"{'Derived' if not place else ''}", f"{made.name} = {made.expression}")
          for place, made in enumerate(source.derived)),
    ]  # fmt: skip


def uses_sentence(uses: DatasetUses) -> str:
    """How often the version was used."""
    if not uses.runs:
        return "No run has used this version yet."
    return f"{formats.plural(len(uses.runs), 'run')}, {formats.plural(len(uses.model_versions), 'model version')}"
