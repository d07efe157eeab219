"""The score job: a bundle answers every row of a dataset version or of a file, into one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.datasets import ColumnType, ReadAnswers
from mlops_desktop.domain.errors import InvalidInputError
from mlops_desktop.domain.plain import from_plain
from mlops_desktop.serving.model import Model
from mlops_desktop.serving.recipe import InputError
from mlops_desktop.workers.tables.frames import read_table, to_pandas
from mlops_desktop.workers.tables.reading import read_text, type_table, with_types
from mlops_desktop.workers.training.opening import open_bundle

if TYPE_CHECKING:
    import polars as pl

    from mlops_desktop.workers.report import Report

BATCH = 20_000
FORMATS = ("csv", "parquet")

_FORMULA = r"^[=+\-@\t\r]"


def run(spec: Mapping[str, Any], folder: Path, report: Report) -> dict[str, Any]:
    """Writes scores.csv or scores.parquet: the table's own columns, then the prediction and its probabilities.

    Raises InvalidInputError where the table lacks a column of the model or holds something else in it,
    DamagedBundleError and UntrustedBundleError, UnreadableTableError.
    """
    import threadpoolctl

    with threadpoolctl.threadpool_limits(limits=1):  # more threads mostly wait for each other here
        return _run(spec, folder, report)


def _run(spec: Mapping[str, Any], folder: Path, report: Report) -> dict[str, Any]:
    form = spec["format"]
    if form not in FORMATS:
        raise InvalidInputError(f"Scores cannot be written as {form!r}.", hint="Choose csv or parquet.")
    report.progress(0.0, "opening the model")
    model = open_bundle(Path(spec["bundle"]), spec["manifest_hash"])
    report.check_cancelled()
    report.progress(0.05, "reading the table")
    table = _read(spec, model, folder)
    report.check_cancelled()
    scored = _score(table, model, report)
    report.progress(0.95, "writing the scores")
    path = folder / f"scores.{form}"
    if form == "csv":
        write_safe_csv(scored, path)
    else:
        scored.write_parquet(path)
    report.progress(1.0, "done")
    return {"file": path.name, "rows": scored.height, "columns": list(scored.columns)}


def write_safe_csv(table: pl.DataFrame, path: Path) -> None:
    """Texts that a spreadsheet would take for formulas get a leading apostrophe, column names too."""
    import polars as pl

    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    safe = table.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    )
    renamed = safe.rename({name: f"'{name}" for name in safe.columns if name[:1] in ("=", "+", "-", "@", "\t", "\r")})
    renamed.write_csv(path)


def _read(spec: Mapping[str, Any], model: Model, folder: Path) -> pl.DataFrame:
    if spec.get("table"):
        return read_table(Path(spec["table"]))
    answers = from_plain(ReadAnswers, spec.get("answers") or {})
    text = read_text(Path(spec["file"]), answers, folder)
    wanted = {column.name: ColumnType(column.type) for column in model.input_columns}
    typed = with_types(replace(text.answers, column_types={**wanted, **answers.column_types}), text.names)
    return type_table(replace(text, answers=typed)).scan().collect()


def _score(table: pl.DataFrame, model: Model, report: Report) -> pl.DataFrame:
    import polars as pl

    names = [column.name for column in model.input_columns]
    if missing := [name for name in names if name not in table.columns]:
        raise InvalidInputError(
            f"The table has no column {missing[0]!r}, which the model needs.",
            hint=f"It must have {', '.join(names)}.",
        )
    parts: list[dict[str, list[Any]]] = []
    for start in range(0, max(table.height, 1), BATCH):
        report.check_cancelled()
        report.progress(0.1 + 0.8 * start / max(table.height, 1), f"row {start:,} of {table.height:,}")
        try:
            answers = model.predict_frame(to_pandas(table.slice(start, BATCH), names))
        except InputError as error:
            raise InvalidInputError(
                f"The table cannot be scored: {error.sentence}", hint="Import it with the types the model knows."
            ) from error
        parts.append({str(name): answers[name].tolist() for name in answers.columns})
    kinds = {name: pl.String() if name == "prediction" and model.classes else pl.Float64() for name in parts[0]}
    new_names = _free_names(list(parts[0]), table.columns)
    made = [
        pl.Series(new, [value for part in parts for value in part[old]], dtype=kinds[old])
        for old, new in zip(parts[0], new_names, strict=True)
    ]
    return table.with_columns(made)


def _free_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The names, with a number behind where the table has such a column already."""
    used = set(taken)
    free = []
    for name in wanted:
        candidate, number = name, 2
        while candidate in used:
            candidate, number = f"{name}_{number}", number + 1
        used.add(candidate)
        free.append(candidate)
    return free
