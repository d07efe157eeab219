"""What each command says to people and to machines."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import pytest
from tests.cli.typing_room import DiligentWorld, Typist
from tests.fakes.host import FakeHost

from mlops_desktop import bootstrap
from mlops_desktop.cli import main as entry
from mlops_desktop.domain.errors import JobFailedError
from mlops_desktop.domain.hosts import THIS_COMPUTER
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.hosts.servers import observation_of


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "flights.csv"
    path.write_text("a,b\n1,2\n")
    return path


def finished_run(mlops: Typist, *more: object) -> str:
    """The name of a run on the dataset `flights`, which is made if need be."""
    if not mlops.json("datasets", "list"):
        mlops.world.dataset()
    (run,) = mlops.json("experiments", "run", "flights", "late", "-e", "LogisticRegression", *more)
    return str(run["name"])


def registered(mlops: Typist, *more: object) -> str:
    return str(mlops.json("models", "register", finished_run(mlops), "late-flights", *more)["id"])


# --- datasets ---------------------------------------------------------------------------------------------------------


def test_import_says_the_version_and_what_changed(mlops: Typist, csv: Path) -> None:
    assert "flights@v1: 1,000 rows, 5 columns" in mlops("datasets", "import", csv)
    assert "flights@v1 already" in mlops("datasets", "import", csv)
    csv.write_text("a,b\n1,3\n")
    said = mlops("datasets", "import", csv, "--delimiter", "\\t", "--type", "a=text", "--derive", "c = a > 1")
    assert "flights@v2" in said
    assert "990 in both" in said
    assert "retyped distance: integer → float" in said
    answers = mlops.world.workers.last.spec["answers"]
    assert answers["delimiter"] == "\t"
    assert answers["column_types"] == {"a": "text"}
    assert mlops.json("datasets", "import", csv)["unchanged"] is True


def test_import_need_not_be_waited_for(mlops: Typist, csv: Path) -> None:
    assert "Queued: Import flights.csv" in mlops("datasets", "import", csv, "--no-wait")
    assert mlops.json("datasets", "import", csv, "--name", "other", "--no-wait")["kind"] == "import_dataset"


def test_import_asks_for_types_that_exist(mlops: Typist, csv: Path) -> None:
    mlops("datasets", "import", csv, "--type", "a=number", code=entry.WRONG_USAGE)
    assert "COLUMN=TYPE" in mlops.notes


def test_preview_shows_reasons_and_stores_nothing(mlops: Typist, csv: Path) -> None:
    said = mlops("datasets", "import", csv, "--preview")
    assert "A comma divides" in said
    assert "late (boolean)" in said
    assert "2 blank lines" in said
    assert mlops.json("datasets", "import", csv, "--preview")["row_count"] == 1
    assert mlops.json("datasets", "list") == []


def test_datasets_are_listed_shown_compared_and_renamed(mlops: Typist, csv: Path) -> None:
    mlops("datasets", "import", csv)
    csv.write_text("a,b\n1,3\n")
    mlops("datasets", "import", csv)
    assert "1,000" in mlops("datasets", "list")
    assert "N14228" in mlops("datasets", "show", "flights", "--rows", 2)
    assert len(mlops.json("datasets", "show", "flights", "--rows", 2)["page"]["rows"]) == 2
    assert mlops.json("datasets", "show", "flights@v1")["number"] == 1
    assert "flights.csv" in mlops("datasets", "show", "flights", "--versions")
    assert [v["number"] for v in mlops.json("datasets", "show", "flights", "--versions")] == [1, 2]
    assert "retyped distance" in mlops("datasets", "diff", "flights@v1", "flights@v2")
    assert mlops.json("datasets", "diff", "flights@v1", "flights@v2")["rows_in_both"] == 990
    mlops("datasets", "rename", "flights", "New York")
    assert "flights is now New York" in mlops.notes
    mlops("datasets", "show", "flights", code=entry.USER_ERROR)
    assert "MD-REF-001" in mlops.notes


def test_rows_for_which_a_condition_holds_are_shown_and_what_used_a_version_too(mlops: Typist, csv: Path) -> None:
    name = finished_run(mlops)
    assert name in mlops("datasets", "uses", "flights")
    assert mlops.json("datasets", "uses", "flights@v1")["runs"][0]["name"] == name
    assert "N14228" in mlops("datasets", "show", "flights", "--where", "distance > 100", "--from", 2)
    assert "rows match" in mlops.notes


def test_a_table_is_scored_into_a_file(mlops: Typist, tmp_path: Path, csv: Path) -> None:
    registered(mlops)
    target = tmp_path / "scores.csv"
    assert "1 rows scored" in mlops("datasets", "score", "late-flights", "flights@v1", "--to", target)
    assert target.read_text() == "prediction\n1\n"
    assert mlops.json("datasets", "score", "late-flights", csv, "--to", target)["rows"] == 1


# --- experiments ------------------------------------------------------------------------------------------------------


def test_a_run_for_each_estimator(mlops: Typist) -> None:
    mlops.world.dataset()
    words = ("experiments", "run", "flights", "late", "-e", "Ridge", "-e", "Dummy", "-p", "alpha=2", "-p", "Dummy.c=1")
    said = mlops(*words, "--validation", "time_ordered", "--by", "day", "--test", "0.2", "--threshold", "best_f1")
    assert "Ridge" in said
    assert "0.8000 ± 0.1000" in said
    assert "left out tail" in mlops.notes
    newest = [run["spec"] for run in mlops.json("experiments", "list", "flights-late")]
    chosen = {spec["estimator"]: spec for spec in newest}
    assert chosen["Ridge"]["params"] == {"alpha": 2}
    assert chosen["Dummy"]["params"] == {"alpha": 2, "c": 1}
    assert chosen["Ridge"]["validation"]["column"] == "day"
    assert chosen["Ridge"]["threshold_rule"] == "best_f1"
    assert "Queued" in mlops(*words, "--no-wait")
    assert len(mlops.json(*words, "--no-wait")) == 2


@pytest.mark.parametrize("wrong", [("-p", "alpha"), ("--threshold", "2"), ("--threshold", "often"), ("--folds", "1")])
def test_a_wrong_option_is_wrong_usage(mlops: Typist, wrong: tuple[str, str]) -> None:
    mlops.world.dataset()
    mlops("experiments", "run", "flights", "late", *wrong, code=entry.WRONG_USAGE)


def test_a_failed_run_says_why_after_the_others(mlops: Typist) -> None:
    mlops.world.dataset()
    mlops.world.workers.behaviour = lambda fake: fake.fail(JobFailedError("No memory.", hint="Take fewer rows."))
    said = mlops("experiments", "run", "flights", "late", "-e", "Ridge", "-e", "Dummy", code=entry.USER_ERROR)
    assert said.count("failed") == 2
    assert "Take fewer rows." in mlops.notes
    name = mlops.json("experiments", "list", "flights-late")[0]["name"]
    assert "No memory. Take fewer rows. (MD-JOB-001)" in mlops("experiments", "show", name)


def test_experiments_and_runs_are_listed_and_shown(mlops: Typist) -> None:
    name = finished_run(mlops, "--question", "Late?", "-p", "C=2")
    assert "Late?" in mlops("experiments", "list")
    assert mlops.json("experiments", "list")[0]["run_count"] == 1
    assert name in mlops("experiments", "list", "flights-late")
    said = mlops("experiments", "show", name)
    assert "refitted on all rows outside the test part" in said
    assert "C = 2" in said
    assert "left out tail" in said
    assert mlops.json("experiments", "show", name)["name"] == name
    assert mlops.json("experiments", "show", name, "--evaluation")["evaluation"]["curve"] == [0, 1]
    assert "info: fitted" in mlops("experiments", "log", name)


def test_a_run_says_where_it_stands_what_was_made_of_it_and_its_files(mlops: Typist) -> None:
    first, second = finished_run(mlops, "-p", "C=2"), finished_run(mlops, "-p", "C=3")
    mlops("models", "register", first, "flight-late", "--alias", "champion")
    mlops("experiments", "rerun", first)
    said = mlops("experiments", "show", first)
    assert "of 3 by roc_auc in flights-late" in said
    assert "registered as flight-late@v1 (champion)" in said
    again = mlops.json("experiments", "list", "flights-late")[0]["name"]
    assert f"repeats {first}" in mlops("experiments", "show", again)
    assert "SHA-256" in mlops("experiments", "files", second)
    assert mlops.json("experiments", "files", second)["files"]


def test_runs_are_compared_in_words_and_pictures(mlops: Typist, tmp_path: Path) -> None:
    first, second = finished_run(mlops, "-p", "C=2"), finished_run(mlops, "-p", "C=3")
    said = mlops("experiments", "compare", first, second, "--charts", tmp_path / "charts")
    assert "roc_auc" in said
    assert "C" in said
    assert said.count("wrote") == 6
    assert "roc of 2 runs" in mlops.notes
    assert set(mlops.json("experiments", "compare", "flights-late")["runs"]) == {first, second}


def test_runs_that_were_validated_in_different_ways_have_no_best_one(mlops: Typist) -> None:
    first, leaky = finished_run(mlops, "-p", "C=2"), finished_run(mlops, "-p", "C=3", "--validation", "holdout")
    said = mlops("experiments", "compare", first, leaky)
    assert "None is called best" in said
    assert "They were validated in different ways" in mlops.notes
    assert "Hold-out 20 %" in mlops("experiments", "list", "flights-late")
    assert "best of those" not in mlops("experiments", "list", "flights-late")
    said = mlops("experiments", "show", leaky)
    assert "checked on one random part of 20 %" in said
    assert "1 more cannot be compared with it" in said
    mlops("models", "register", first, "flight-late", "--alias", "champion")
    mlops("models", "register", leaky, "flight-late")
    assert "It cannot be compared with the champion, v1" in mlops.notes
    assert "taken at random" in mlops.notes
    (again,) = mlops.json("experiments", "rerun", leaky, "--validated-as", first)
    assert again["spec"]["validation"]["kind"] == "time_ordered"
    assert "* best of those on the same dataset" in mlops("experiments", "list", "flights-late")


def test_runs_are_repeated_annotated_and_cancelled(mlops: Typist) -> None:
    name = finished_run(mlops)
    assert f"{name} had already ended" in mlops("experiments", "cancel", name)
    again = mlops.json("experiments", "rerun", name, "-p", "C=5", "--seed", 3)[0]
    assert again["spec"]["params"] == {"C": 5}
    assert again["spec"]["seed"] == 3
    assert mlops.json("experiments", "rerun", name, "-e", "Dummy")[0]["spec"]["estimator"] == "Dummy"
    assert "keep" in mlops("experiments", "annotate", name, "--tag", "keep", "--notes", "good")
    assert "no tags" in mlops("experiments", "annotate", name, "--untag", "keep")
    mlops.world.is_asleep = True
    (waiting,) = mlops.json("experiments", "rerun", name, "--no-wait")
    assert f"Cancelling {waiting['name']}" in mlops("experiments", "cancel", waiting["name"])
    assert mlops.world.workspace.jobs.get(waiting["job_id"]).cancel_requested_at is not None
    assert "Cancelling" in mlops("jobs", "cancel", waiting["job_id"][:8])


def test_estimators_and_their_parameters_are_told(mlops: Typist) -> None:
    assert "Guesses." in mlops("experiments", "estimators", "binary")
    assert mlops.json("experiments", "estimators", "binary")[0]["name"] == "Dummy"
    said = mlops("experiments", "estimators", "binary", "LogisticRegression")
    assert "0 < float" in said
    assert "auto, sqrt" in said
    assert mlops.json("experiments", "estimators", "binary", "LogisticRegression")[0]["default"] == 1.0


def test_the_set_up_is_suggested_without_starting_anything(mlops: Typist) -> None:
    mlops.world.dataset()
    assert "left out tail" in mlops("experiments", "suggest", "flights", "late")
    assert mlops.json("experiments", "suggest", "flights", "late")["task"] == "binary"
    assert "estimated time of Ridge: about" in mlops("experiments", "suggest", "flights", "late", "-e", "Ridge")
    assert "late: binary" in mlops("experiments", "suggest", "flights")
    assert "target late: " in mlops.notes
    assert mlops.json("experiments", "list") == []


def test_columns_are_taken_back_in_and_used_otherwise(mlops: Typist) -> None:
    mlops.world.dataset()
    line = ("experiments", "run", "flights", "late", "--no-wait", "--include", "tail", "--role", "distance=category")
    (run,) = mlops.json(*line)
    roles = {feature["name"]: feature["role"] for feature in run["spec"]["features"]}
    assert (roles["tail"], roles["distance"]) == ("category", "category")
    mlops("experiments", "run", "flights", "late", "--role", "distance=x", code=entry.WRONG_USAGE)
    assert "COLUMN=ROLE" in mlops.notes
    mlops("experiments", "run", "flights", "late", "--role", "carrier=numeric", code=entry.USER_ERROR)
    assert "carrier cannot be used as numeric" in mlops.notes
    (again,) = mlops.json("experiments", "run", "flights", "late", "--no-wait", "--rerun-of", run["name"])
    assert again["rerun_of"] == run["id"]


# --- models -----------------------------------------------------------------------------------------------------------


def test_models_are_registered_listed_and_shown(mlops: Typist) -> None:
    name = finished_run(mlops)
    assert f"late-flights@v1 is {name}" in mlops("models", "register", name, "late-flights", "--alias", "champion")
    mlops("models", "register", name, "late-flights", code=entry.USER_ERROR)
    assert "MD-REF-002" in mlops.notes
    assert "champion v1" in mlops("models", "list")
    assert mlops.json("models", "list")[0]["latest_number"] == 1
    assert name in mlops("models", "list", "late-flights")
    assert mlops.json("models", "list", "late-flights")[0]["run_name"] == name
    assert "(champion)" in mlops("models", "show", "late-flights")
    assert mlops.json("models", "show", "late-flights@champion")["recipe"]["task"] == "binary"


def test_aliases_move_and_every_move_is_kept(mlops: Typist) -> None:
    registered(mlops)
    assert "champion is now late-flights@v1" in mlops("models", "alias", "late-flights@v1", "champion")
    assert mlops.json("models", "alias", "late-flights@v1", "second")["aliases"] == ["champion", "second"]
    assert "taken away" in mlops("models", "alias", "late-flights", "champion", "--remove")
    assert "champion" in mlops("models", "alias", "late-flights", "--moves")
    assert len(mlops.json("models", "alias", "late-flights", "--moves")) == 3
    mlops("models", "alias", "late-flights", code=entry.WRONG_USAGE)


def test_a_model_is_described_and_its_bundle_shown(mlops: Typist) -> None:
    registered(mlops)
    assert "late-flights: for the desk" in mlops("models", "describe", "late-flights", "for the desk")
    assert mlops.json("models", "describe", "late-flights", "")["description"] == ""
    said = mlops("models", "bundle", "late-flights")
    assert "all as the manifest says" in said
    assert "recipe.json" in said
    assert "probability of true" in said
    assert mlops.json("models", "bundle", "late-flights@v1")["files"][0]["name"] == "example.json"


def test_bundles_go_out_and_come_in(mlops: Typist, tmp_path: Path) -> None:
    registered(mlops)
    file = tmp_path / "late.zip"
    assert "Exported" in mlops("models", "export", "late-flights", file)
    assert mlops.json("models", "export", "late-flights", file)["file"] == str(file)
    assert "other@v1" in mlops("models", "import", file, "--name", "other")
    assert mlops.json("models", "import", file, "--name", "third")["model_name"] == "third"
    file.write_bytes(b"nothing")
    mlops("models", "import", file, code=entry.USER_ERROR)
    assert "MD-BND-001" in mlops.notes


# --- deployments ------------------------------------------------------------------------------------------------------


def test_an_endpoint_is_made_asked_and_ended(mlops: Typist) -> None:
    registered(mlops)
    said = mlops("deployments", "deploy", "late-flights")
    assert "shown this once" in said
    assert "answers at" in said
    assert "token" not in mlops.json("deployments", "deploy", "late-flights@v1")
    assert "late-flights@v1:" in mlops("deployments", "predict", "late-flights")
    assert len(mlops.json("deployments", "predict", "late-flights", '[{"a": 1}, {"a": 2}]')["predictions"]) == 2
    assert "late-flights@v1" in mlops("deployments", "list")
    assert mlops.json("deployments", "list")[0]["deployment"]["number"] == 2
    assert "late-flights@v1" in mlops("deployments", "history", "late-flights")
    assert [d["number"] for d in mlops.json("deployments", "history", "late-flights")] == [2, 1]
    assert "answers at" in mlops("deployments", "rollback", "late-flights", "--to", 1)
    assert "answers at" in mlops("deployments", "restart", "late-flights")
    mlops("deployments", "log", "late-flights")
    mlops("deployments", "log", "late-flights", "--deployment", 1)
    assert "rollback" in mlops("deployments", "rollouts", "late-flights")
    assert "check" in mlops("deployments", "rollouts", "late-flights")
    assert mlops.json("deployments", "rollouts", "late-flights")[-1]["steps"][0]["step"] == "build"
    assert "/predict" in mlops("deployments", "show", "late-flights")
    assert mlops.json("deployments", "show", "late-flights")["seen"][0]["observation"]["accepting"] is True
    assert "is free" in mlops("deployments", "port", 20_500)
    assert mlops.json("deployments", "port")["holder"] == ""
    assert "is stopped" in mlops("deployments", "stop", "late-flights")
    assert "Queued: deploy" in mlops("deployments", "deploy", "late-flights", "--no-wait")


def test_v_04_records_that_a_server_could_not_log_are_shown(mlops: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a host reads them from the server's own answer."""
    registered(mlops)
    mlops("deployments", "deploy", "late-flights")
    assert "log records" not in mlops("deployments", "show", "late-flights")
    said = {"phase": "ready", "reason": "", "accepting": True, "example_right": True, "open_connections": 0}
    seen = observation_of({**said, "log_lost": 3})
    monkeypatch.setattr(FakeHost, "observe", lambda host, deployment_id: seen)
    assert "ready; 3 log records could not be written" in mlops("deployments", "show", "late-flights")
    assert mlops.json("deployments", "show", "late-flights")["seen"][0]["observation"]["log_lost"] == 3


def test_rows_come_from_files_and_pipes(mlops: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(mlops)
    mlops("deployments", "deploy", "late-flights")
    (tmp_path / "rows.json").write_text('{"a": 1}')
    assert mlops.json("deployments", "predict", "late-flights", "--file", tmp_path / "rows.json")["predictions"]
    monkeypatch.setattr("sys.stdin", io.StringIO('[{"a": 1}]'))
    assert mlops.json("deployments", "predict", "late-flights", "--file", "-")["predictions"]
    for wrong in ("no json", "[1]"):
        mlops("deployments", "predict", "late-flights", wrong, code=entry.WRONG_USAGE)
    mlops("deployments", "predict", "nothing", "{}", code=entry.USER_ERROR)


def test_a_new_token_replaces_the_old_one(mlops: Typist) -> None:
    registered(mlops)
    old = mlops.json("deployments", "deploy", "late-flights")["token"]
    new = mlops.json("deployments", "token", "late-flights")["token"]
    assert new != old
    mlops("deployments", "predict", "late-flights", "{}", "--token", old, code=entry.USER_ERROR)
    assert "shown this once" in mlops("deployments", "token", "late-flights")
    assert mlops("deployments", "predict", "late-flights", "{}")


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_jobs_are_listed_by_the_beginning_of_their_id(mlops: Typist, csv: Path) -> None:
    mlops("datasets", "import", csv)
    (job,) = mlops.json("jobs", "list")
    assert job["id"][:8] in mlops("jobs", "list")
    mlops("jobs", "log", job["id"][:8])
    mlops("jobs", "log", "nothing", code=entry.USER_ERROR)


def test_j_02_a_job_that_does_not_respond_says_so(mlops: Typist, csv: Path) -> None:
    mlops.world.is_asleep = True
    mlops("datasets", "import", csv, "--no-wait")
    (job,) = mlops.world.workspace.jobs.list()
    frozen = dataclasses.replace(job, status=JobStatus.RUNNING, heartbeat_at=mlops.world.clock.now)
    with mlops.world.parts.registry.write() as unit:
        unit.jobs.update(frozen)
        unit.commit()
    said = " ".join(mlops("jobs", "list").split())
    assert "Not responding" in said
    mlops.world.is_asleep = False


def test_j_05_what_a_worker_wrote_does_not_steer_the_terminal(mlops: Typist, csv: Path) -> None:
    mlops("datasets", "import", csv)
    (job,) = mlops.world.workspace.jobs.list()
    mlops.world.worker_of(job).log("\x1b[2J\x1b]0;title\x07 red\rover\n\u202ebelow")
    lines = mlops("jobs", "log", job.id).splitlines()
    assert lines[-3].endswith(r"info: \x1b[2J\x1b]0;title\x07 red")
    assert lines[-2:] == ["over", r"\x202ebelow"]


def test_the_trash_gives_back_and_erases(mlops: Typist, csv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlops("datasets", "import", csv)
    assert "Undo: mlops trash restore dataset flights" in mlops("trash", "put", "dataset", "flights")
    assert "flights" in mlops("trash", "list")
    assert mlops.json("trash", "list")[0]["kind"] == "dataset"
    assert "Restored" in mlops("trash", "restore", "dataset", "flights")
    mlops("trash", "put", "dataset", "flights")
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    mlops("trash", "purge", code=entry.INTERRUPTED)
    assert "Erased 1 things" in mlops("trash", "purge", "dataset", "flights", "--yes")
    assert mlops.json("trash", "purge", "--yes")["items"] == 0


def test_verify_is_one_when_something_is_wrong(mlops: Typist, csv: Path) -> None:
    mlops("datasets", "import", csv)
    assert "clean" in mlops("verify")
    for artifact in (mlops.world.folder / "artifacts").rglob("*"):
        if artifact.is_file():
            artifact.chmod(0o600)
            artifact.write_text("changed")
    assert "1 problems" in mlops("verify", code=entry.USER_ERROR)


def test_the_record_and_the_diagnosis_are_told(mlops: Typist, csv: Path) -> None:
    mlops("datasets", "import", csv)
    assert "dataset.import" in mlops("audit")
    assert len(mlops.json("audit", "--limit", 1)) == 1
    assert "sqlite" in mlops("diagnose")
    assert mlops.json("diagnose")["counts"]["datasets"] == 1


def test_settings_are_shown_and_set(mlops: Typist) -> None:
    assert "jobs.concurrent = 3" in mlops("workspace", "setting", "jobs.concurrent", "3")
    assert mlops.json("workspace", "setting") == {"jobs.concurrent": 3}
    assert mlops.json("workspace", "setting", "jobs.concurrent") == {"jobs.concurrent": 3}
    mlops("workspace", "setting", "jobs.concurrent", "many", code=entry.USER_ERROR)
    mlops("workspace", "setting", "no.such", code=entry.USER_ERROR)


def test_workspaces_are_made_shown_and_copied(mlops: Typist, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "create_workspace", lambda folder, name, *, actor=None: mlops.world.workspace)
    assert "is ready in" in mlops("workspace", "create", tmp_path / "new")
    assert mlops.json("workspace", "create", tmp_path / "new")["folder"] == str(mlops.world.folder)
    assert "free" in mlops("workspace", "show")
    assert mlops.json("workspace", "show")["bytes"] > 0
    (mlops.world.folder / "workspace.json").write_text(json.dumps({"format": 1, "id": "0" * 32, "name": "test"}))
    (mlops.world.folder / "backups").mkdir()
    file = tmp_path / "copy.zip"
    assert "Backed up" in mlops("workspace", "backup", file)
    assert mlops.json("workspace", "backup", file)["bytes"] == file.stat().st_size
    assert "Restored" in mlops("workspace", "restore", file, tmp_path / "back")
    assert mlops.json("workspace", "restore", file, tmp_path / "again")["missing"] == []
    assert "Using" in mlops("workspace", "use", tmp_path / "back")
    mlops("workspace", "use", tmp_path, code=entry.USER_ERROR)


def test_the_demo_goes_the_whole_way(
    mlops: Typist, world: DiligentWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = [{"prediction": "true", "probabilities": {"false": 0.25, "true": 0.75}}]
    monkeypatch.setattr(bootstrap, "create_workspace", lambda folder, name, *, actor=None: world.workspace)
    monkeypatch.setattr(
        world.parts.host(THIS_COMPUTER), "predict", lambda url, token, rows: {"predictions": predictions}
    )
    assert "flight-late@v1 is champion" in mlops("demo", "--folder", tmp_path / "demo")
    assert mlops.json("deployments", "list")[0]["endpoint"]["wanted_deployment_id"] is None


def test_the_demo_answers_in_json_too(
    mlops: Typist, world: DiligentWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = [{"prediction": "true", "probabilities": {"false": 0.25, "true": 0.75}}]
    monkeypatch.setattr(bootstrap, "create_workspace", lambda folder, name, *, actor=None: world.workspace)
    monkeypatch.setattr(
        world.parts.host(THIS_COMPUTER), "predict", lambda url, token, rows: {"predictions": predictions}
    )
    said = mlops.json("demo", "--folder", tmp_path / "demo", "--keep")
    assert said["model"] == "flight-late@v1"
    assert said["clean"] is True
