"""Seals: a hash on every row of what people decided and measured, for of damaged bytes SQLite notices only few."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, cast

from sqlalchemy import Boolean, Column, ColumnElement, Connection, Dialect, Float, Select, Update, event, select, update
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, Mapper, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from mlops_desktop.domain.verification import Problem

_UNSEALED = frozenset({"seq", "seal"})
_NAMES = ("name", "alias", "key", "number", "id")


class Sealed:
    """A row that gets its seal with every write. What is written past this program shows when seals are compared."""

    seal: Mapped[str] = mapped_column(default="", server_default="", sort_order=1_000)


@event.listens_for(Sealed, "before_insert", propagate=True)
@event.listens_for(Sealed, "before_update", propagate=True)
def _seal(mapper: Mapper[Any], connection: Connection, row: Sealed) -> None:
    values: dict[str, object] = {}
    for column in mapper.local_table.columns:
        if column.name in _UNSEALED:
            continue
        value = getattr(row, mapper.get_property_by_column(cast("Column[Any]", column)).key)
        try:
            values[column.name] = _as_stored(column.type, value, connection.dialect)
        except ValueError:  # it cannot be stored: the statement that follows says so
            return
    row.seal = seal_of(values)


def _as_stored(kind: TypeEngine[Any], value: Any, dialect: Dialect) -> Any:
    """The value as SQLite gives it back."""
    if value is None:
        return None
    if isinstance(kind, TypeDecorator):
        return kind.process_bind_param(value, dialect)
    if isinstance(kind, Boolean):
        return int(value)
    return float(value) if isinstance(kind, Float) else value


def seal_of(values: Mapping[str, object]) -> str:
    plain = json.dumps(values, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(plain.encode("ascii")).hexdigest()


def broken_seals(connection: sqlite3.Connection) -> Iterator[Problem]:
    """The rows whose content does not give their seal."""
    for table, _, values, seal in _rows(connection):
        if seal_of(values) != seal:
            name = next((str(values[key]) for key in _NAMES if values.get(key) is not None), "")
            yield Problem(
                "database", f"{table} {name}", "The row was changed after it was written: it does not give its seal."
            )


def seal_rows(connection: sqlite3.Connection, tables_before: Mapping[str, frozenset[int]]) -> None:
    """Seals all rows anew after an upgrade, but those that were broken before it: `tables_before` by `broken_rows`."""
    for table, rowid, values, seal in list(_rows(connection)):
        if rowid not in tables_before.get(table, ()) and seal_of(values) != seal:
            statement = update(sql_table(table, sql_column("seal"))).where(sql_column("rowid") == rowid).values(seal="")
            connection.execute(_sql(statement), (seal_of(values), rowid))


def broken_rows(connection: sqlite3.Connection) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for table, rowid, values, seal in _rows(connection):
        if seal_of(values) != seal:
            found.setdefault(table, set()).add(rowid)
    return {table: frozenset(rows) for table, rows in found.items()}


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[str, int, dict[str, object], object]]:
    """Table, rowid, sealed values and seal of every row that has one, as they lie in the file."""
    tables = [str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in sorted(tables):
        columns = [str(row[1]) for row in connection.execute("SELECT * FROM pragma_table_info(?)", (table,))]
        if "seal" not in columns:
            continue
        names = [name for name in columns if name not in _UNSEALED]
        columns_wanted: list[ColumnElement[Any]] = [sql_column(name) for name in ("rowid", "seal", *names)]
        wanted: Select[*tuple[Any, ...]] = select(*columns_wanted).select_from(sql_table(table))
        with _odd_texts(connection):
            for rowid, seal, *values in connection.execute(_sql(wanted)):
                yield table, int(rowid), dict(zip(names, values, strict=True)), seal


@contextlib.contextmanager
def _odd_texts(connection: sqlite3.Connection) -> Iterator[None]:
    """Inside, texts are read even where damage made them none."""
    factory = connection.text_factory
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.text_factory = factory


def _sql(statement: Select[*tuple[Any, ...]] | Update) -> str:
    return str(statement.compile(dialect=sqlite.dialect()))
