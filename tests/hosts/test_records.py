"""What the host remembers of its servers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlops_desktop.domain.processes import ProcessIdentity
from mlops_desktop.hosts.records import ServerRecord, ServerRecords

RECORD = ServerRecord("d" * 32, "e" * 32, "f" * 64, 8080, "/folder", ProcessIdentity("here", "now", 5, 1.5))


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    records = ServerRecords(tmp_path)
    for record in (RECORD, replace(RECORD, process=None)):
        records.put(record)
        assert ServerRecords(tmp_path).get(RECORD.deployment_id) == record
    assert [path.name for path in tmp_path.iterdir()] == [f"{'d' * 16}.json"]
    assert (tmp_path / f"{'d' * 16}.json").stat().st_mode & 0o777 == 0o600
    records.remove(RECORD.deployment_id)
    records.remove(RECORD.deployment_id)
    assert records.get(RECORD.deployment_id) is None


def test_records_are_found_by_their_endpoint(tmp_path: Path) -> None:
    records = ServerRecords(tmp_path)
    others = [replace(RECORD, deployment_id=letter * 32, endpoint_id="a" * 32) for letter in "12"]
    for record in (RECORD, *others):
        records.put(record)
    assert records.of_endpoint("a" * 32) == others
    assert ServerRecords(tmp_path / "nowhere").of_endpoint("a" * 32) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"process": null}', '{"process": {"pid": 1}}', "\x00"])
def test_a_torn_or_foreign_file_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{'d' * 16}.json").write_text(content)
    records = ServerRecords(tmp_path)
    assert records.get(RECORD.deployment_id) is None
    assert records.of_endpoint(RECORD.endpoint_id) == []


def test_twins_by_their_first_letters_are_told_apart(tmp_path: Path) -> None:
    records = ServerRecords(tmp_path)
    records.put(RECORD)
    assert records.get("d" * 16 + "0" * 16) is None
