"""The command line typed in this process, over a real registry whose workers and host do their work at once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.workers import FakeJob
from tests.services.world import COLUMNS, ROWS, World, import_result, train_result

from mlops_desktop.cli import main as entry
from mlops_desktop.domain.datasets import ColumnDifference, Finding, FindingSeverity, ReadAnswers, VersionDifference
from mlops_desktop.domain.jobs import JobKind
from mlops_desktop.domain.plain import to_plain

DIFFERENCE = VersionDifference(1, ROWS, ROWS, 990, (ColumnDifference("distance", "retyped", "integer", "float"),))
BLANK_LINES = Finding("blank_lines", FindingSeverity.INFO, "2 blank lines were passed over.")


@dataclass
class DiligentWorld(World):
    """Whatever is wished for is done when the wisher makes sure of a keeper; while `is_asleep`, nothing is."""

    is_asleep: bool = False

    def _start_keeper(self) -> bool:
        super()._start_keeper()
        if self.is_asleep:
            return False
        keeper = self.keeper()
        keeper.turn()
        for fake in self.workers.jobs:
            if fake.is_alive and not fake.has_ended():
                fake.finish(_result(fake), leaves=True)
        keeper.turn()
        keeper.turn()
        self.roll_out()
        self.see_to_endpoints()
        return False


def _result(fake: FakeJob) -> dict[str, Any]:
    if fake.kind is JobKind.IMPORT_DATASET:
        content = hashlib.sha256(Path(fake.spec["path"]).read_bytes()).hexdigest()
        return import_result(fake.folder, content, difference=to_plain(DIFFERENCE if fake.spec["previous"] else None))
    if fake.kind is JobKind.TRAIN:
        fake.progress(0.5, "fold 1 of 2")
        fake.log("fitted")
        return train_result(fake.folder, str(fake.spec["run_name"]))
    (fake.folder / "scores.csv").write_text("prediction\n1\n")
    return {"file": "scores.csv", "rows": 1, "columns": []}


def answers(charts: Path) -> dict[str, Any]:
    """What a worker would answer to the calls that commands make."""
    columns = to_plain(COLUMNS)
    row = ["true", "1400", None, "2013-01-01", "N14228"]
    return {
        "preview": lambda request: {
            "answers": to_plain(ReadAnswers(delimiter=request["answers"]["delimiter"] or ",")),
            "evidence": {"delimiter": "A comma divides 100% of the first lines."},
            "columns": columns,
            "rows": [{"number": 1, "cells": row}],
            "row_count": 1,
            "findings": [{"finding": to_plain(BLANK_LINES)}],
        },
        "page": lambda request: {"columns": columns, "rows": [row] * request["limit"], "total": ROWS},
        "difference": lambda request: {"difference": to_plain(DIFFERENCE)},
        "estimators": lambda request: {
            "estimators": [{"name": "Dummy", "family": "baseline", "sentence": "Guesses.", "title": "", "default": {}}]
        },
        "parameter_form": lambda request: {
            "fields": [
                {
                    "name": "C",
                    "default": 1.0,
                    "doc": "Inverse of strength.",
                    "kinds": [
                        {"kind": "float", "low": 0, "high": None, "closed": "right"},
                        {"kind": "options", "options": ["auto", "sqrt"]},
                        {"kind": "none"},
                    ],
                }
            ]
        },
        "chart": lambda request: {
            "files": [str(charts / f"{request['kind']}.png")],
            "sentence": f"{request['kind']} of {len(request['runs'])} runs",
        },
    }


@dataclass
class Typist:
    """Types commands and reads what they say."""

    world: DiligentWorld
    capture: pytest.CaptureFixture[str]
    notes: str = ""

    def __call__(self, *words: object, code: int = entry.DONE) -> str:
        """What the command says on standard output; `notes` has what it says beside that."""
        self.capture.readouterr()
        ended = entry.main(["-w", str(self.world.folder), *[str(word) for word in words]])
        said = self.capture.readouterr()
        self.notes = said.err
        assert ended == code, f"{words}: exit {ended}\n{said.out}{said.err}"
        return said.out

    def json(self, *words: object) -> Any:
        return json.loads(self(*words, "--json"))
