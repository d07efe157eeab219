"""What Home says of a workspace."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

from tests.gui.demo_workspace import NOW, FakeWorkspace, make_run

import mlops_desktop
from mlops_desktop.domain.audit import AuditEntry
from mlops_desktop.domain.deployments import DeploymentStatus
from mlops_desktop.domain.experiments import Failure, RunStatus
from mlops_desktop.domain.jobs import Job, JobKind, JobStatus
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings.home import HomeFacts, attention, change_sentence, read_home, sentence, tiles
from mlops_desktop.gui.readings.status import deployments_sign, job_sign, section_counts


def facts(workspace: FakeWorkspace | None = None) -> HomeFacts:
    return read_home((workspace or FakeWorkspace()).as_workspace(), NOW)


def test_the_sentence_says_what_needs_a_person_and_what_is_confirmed() -> None:
    assert sentence(facts()) == "3 things need you · 2 runs in progress · 2 of 3 deployments confirmed healthy"
    assert sentence(facts(FakeWorkspace(empty=True))) == "Nothing needs you"


def test_failed_and_lost_runs_of_the_week_need_attention_older_ones_do_not() -> None:
    workspace = FakeWorkspace()
    workspace.all_runs.append(make_run("old-owl-1", RunStatus.FAILED, hours_ago=24 * 8))
    titles = [note.title for note in attention(facts(workspace))]
    assert titles == ["penguins is degraded", "Run red-plover-26 failed", "Run late-curlew-16 was lost"]


def test_a_deployment_nobody_looked_at_is_not_called_healthy() -> None:
    workspace = FakeWorkspace()
    workspace.fresh = False
    notes = attention(facts(workspace))
    assert [note.title for note in notes[:3]] == [
        f"{name} is not confirmed healthy" for name in ("churn", "flight-late", "penguins")
    ]
    assert notes[0].place == Place("deployments", "churn")
    assert "0 of 3" in sentence(facts(workspace))
    sign = deployments_sign(facts(workspace))
    assert sign is not None
    assert sign.token == "warn"


def test_a_failed_deployment_says_why_and_a_stopped_one_says_nothing() -> None:
    workspace = FakeWorkspace()
    (first, one), (second, two), _ = workspace.served
    failure = Failure("MD-DEP-001", "It did not become healthy in 60 s.")
    workspace.served = [
        (first, dataclasses.replace(one, status=DeploymentStatus.FAILED, failure=failure)),
        (dataclasses.replace(second, wanted_deployment_id=None), dataclasses.replace(two, stopped_at=NOW)),
    ]
    workspace.all_runs = []
    notes = attention(facts(workspace))
    assert [(note.title, note.sentence) for note in notes] == [("Deployment 3 of churn failed", failure.message)]


def test_a_failed_import_needs_attention_but_a_training_counts_as_its_run() -> None:
    job = Job("a" * 32, JobKind.IMPORT_DATASET, "Import x.csv", JobStatus.FAILED, {}, "d", NOW, "ds-lead")
    train = dataclasses.replace(job, kind=JobKind.TRAIN, status=JobStatus.LOST)
    found = attention(HomeFacts(NOW, troubled_jobs=(job, train)))
    assert [(note.title, note.action, note.place) for note in found] == [
        ("Import x.csv failed", "Open in Activity", None)
    ]


def test_tiles_carry_a_figure_and_what_it_is_measured_against() -> None:
    shown = {tile.name: (tile.figure, tile.note) for tile in tiles(facts())}
    assert shown == {
        "Runs finished, 7 days": ("15", "25 runs in 1 experiment"),
        "late-at-arrival, best roc_auc": ("0.7075", "amber-falcon-27 · HistGradientBoosting"),
        "Model versions": ("12", "champion: churn v3, flight-late v7"),
        "Deployments healthy": ("2 of 3", "1 not confirmed"),
    }
    best = tiles(facts())[1].values
    assert list(best) == sorted(best)


def test_tiles_of_an_empty_workspace_say_what_is_not_there() -> None:
    shown = [(tile.figure, tile.note) for tile in tiles(facts(FakeWorkspace(empty=True)))]
    assert shown == [
        ("0", "0 runs in 0 experiments"),
        ("—", "No finished run yet"),
        ("0", "None registered yet"),
        ("0", "Nothing is deployed"),
    ]


def test_the_status_bar_names_the_oldest_work_and_what_waits() -> None:
    sign = job_sign(facts())
    assert sign is not None
    assert sign.word == "brisk-heron-41 · 62 % · 2 more"
    assert section_counts(facts())["experiments"] == (25, 2)
    assert job_sign(facts(FakeWorkspace(empty=True))) is None
    queued = FakeWorkspace()
    queued.all_runs = [make_run("a-owl-1", RunStatus.QUEUED)]
    sign = job_sign(facts(queued))
    assert sign is not None
    assert sign.word == "1 job waiting"


def entry(action: str, subject: str = "thing", **details: object) -> AuditEntry:
    return AuditEntry(1, NOW - timedelta(hours=1), "ds-lead", "desk", action, subject, details, "0" * 64, "1" * 64)


def test_changes_read_as_sentences() -> None:
    assert change_sentence(entry("model.register", "flight-late@v7", run="amber-falcon-27")) == (
        "registered flight-late v7 from amber-falcon-27"
    )
    assert change_sentence(entry("dataset.version", "flights@v4", rows=336776)) == "stored flights v4 with 336,776 rows"
    assert change_sentence(entry("model.alias", "flight-late", alias="champion", removed=True)) == (
        "took champion away from flight-late"
    )
    assert change_sentence(entry("run.trash", "odd-ruff-14")) == "moved to trash: run odd-ruff-14"
    assert change_sentence(entry("run.start", "odd-ruff-14")) == "run start odd-ruff-14"


def test_every_action_that_the_services_record_has_words() -> None:
    services = Path(mlops_desktop.__file__).parent / "services"
    text = "\n".join(path.read_text("utf-8") for path in services.rglob("*.py"))
    actions = set(re.findall(r'audit\.append\(\s*"([a-z_]+\.[a-z_]+)"', text))
    assert len(actions) > 10
    details = dict.fromkeys(
        ("file", "from", "rows", "version", "alias", "run", "table", "dataset", "value", "kind"), "x"
    )
    for action in sorted(actions):
        words = change_sentence(entry(action, **details))
        assert not words.startswith(action.replace(".", " ")), f"{action} reads as {words!r}"
