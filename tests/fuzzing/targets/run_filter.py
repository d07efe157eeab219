"""The filter of runs: read, written again as a person would, and applied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mlops_desktop.domain.errors import FilterError
from mlops_desktop.domain.experiments import RunStatus, Task
from mlops_desktop.domain.run_columns import RunColumns
from mlops_desktop.domain.run_filters import Known, as_text, conjuncts, parse
from mlops_desktop.domain.run_selection import select
from mlops_desktop.domain.run_summaries import RunSummary

WORDS = tuple(
    word.encode()
    for word in (
        " and ", " or ", " not ", "is not missing", "(((", ")))", "!=", ">=", "==", "''", '""', "metric.", "param.",
        "roc_auc", "max_depth", "odd name", "status", "started", "duration", "tag", "today", "2026-11-24T09:00+23:59",
        "9999-12-31", "0001-01-01", "−0.5", "1,000", "1_0", "nan", "inf", "and", "missing", "İ", "ſ", "\u2028", "\x00",
    )
)  # fmt: skip
_NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_KNOWN = Known(frozenset({"roc_auc", "and", "odd name", "max_depth"}), frozenset({"max_depth", "is", "C", "it's"}))
_RUNS = [
    RunSummary(
        f"id{number}", f"owl-{number}", status, "e", "late", "flights@v2", "Forest", "late", Task.BINARY,
        _NOW - timedelta(days=number), "ada", metrics={"roc_auc": (number / 3, None, ())},
        params={"max_depth": 3 if number else "auto"}, tags=("best",) * number,
    )
    for number, status in enumerate((RunStatus.RUNNING, RunStatus.FINISHED, RunStatus.FAILED))
]  # fmt: skip


def try_one(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")  # as an argument of a command comes
    try:
        wanted = parse(text, _KNOWN)
    except FilterError as error:
        if not 0 <= error.at <= len(text):
            raise AssertionError(f"{error.at} is no place in the text") from error
        raise
    written = as_text(wanted, _KNOWN)
    if len(written) <= 1000:  # a mended text may be longer than the one that was given, and than is allowed
        assert parse(written, _KNOWN) == wanted
    conjuncts(wanted)
    columns = RunColumns(_RUNS, _NOW)
    kept = select(columns, wanted, range(len(_RUNS)))
    assert set(kept) <= set(range(len(_RUNS)))
