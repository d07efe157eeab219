"""What Models and a model version say, judged from values alone."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from tests.gui.demo_workspace import NOW, demo_endpoint, make_run

from mlops_desktop.domain.deployments import Health
from mlops_desktop.domain.experiments import MetricSummary, Run, Task, Validation, ValidationKind
from mlops_desktop.domain.models import AliasMove, Model, ModelVersion
from mlops_desktop.gui.history import Place
from mlops_desktop.gui.readings import model_version as version_reading
from mlops_desktop.gui.readings import models as reading
from mlops_desktop.gui.readings import registering
from mlops_desktop.gui.readings.model_version import BETTER, SAME, WORSE, Missing, VersionFacts
from mlops_desktop.gui.readings.models import Answering, ModelFacts, ModelsFacts
from mlops_desktop.gui.readings.registering import RegisterFacts

FIGURES = {1: (0.60, 0.61, 0.62), 2: (0.70, 0.71, 0.72), 3: (0.69, 0.72, 0.71)}


def summary(key: str, folds: tuple[float, ...], test: float | None = None) -> MetricSummary:
    return MetricSummary(key, sum(folds) / len(folds), 0.01, test, folds=folds)


def version(number: int, **changes: object) -> ModelVersion:
    made = ModelVersion(
        id=f"version-{number}",
        model_id="model",
        model_name="flight-late",
        number=number,
        manifest_hash="ab" * 32,
        run_id=f"run-{number}",
        run_name=f"run-{number}",
        dataset_reference="flights@v2",
        task=Task.BINARY,
        estimator="LogisticRegression",
        metrics=(summary("log_loss", (0.5, 0.5, 0.5)), summary("roc_auc", FIGURES[number], 0.65)),
        aliases=(),
        created_at=NOW - timedelta(days=10 - number),
        created_by="ada",
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def model(aliases: dict[str, int] | None = None) -> Model:
    return Model("model", "flight-late", "Says whether a flight lands late.", NOW, 3, aliases or {})


def facts(aliases: dict[str, int] | None = None, **changes: object) -> ModelFacts:
    made = ModelFacts(model(aliases), (version(3), version(2), version(1)))
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def answering(number: int, health: Health = Health.HEALTHY) -> Answering:
    endpoint, deployment = demo_endpoint("late", 8080, f"flight-late@v{number}", health, 1, 3)
    return Answering(endpoint, deployment, health)


def page(*models: ModelFacts) -> ModelsFacts:
    return ModelsFacts(NOW, models, True)


def of_version(number: int, other: int | None, run: Run | Missing | None = None) -> VersionFacts:
    known = facts({"champion": 2})
    first, second = known.version(number), known.version(other or 0)
    assert first is not None
    same = make_run("one")
    return VersionFacts(NOW, known, first, run or same, Missing(), {}, second, same if second else None)


# --- the Models page --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((), "No model is registered yet"),
        ((facts(),), "1 model, 3 versions · no champion is chosen"),
        ((facts({"champion": 2}),), "1 model, 3 versions · champion flight-late v2 is not deployed"),
        (
            (facts({"champion": 2}), facts({"champion": 1}), facts()),
            "3 models, 9 versions · 2 champions are not deployed · 1 model without a champion",
        ),
    ],
)
def test_the_sentence_says_what_is_not_as_it_might_be(models: tuple[ModelFacts, ...], words: str) -> None:
    assert reading.sentence(page(*models)) == words


def test_a_champion_that_answers_is_said_to() -> None:
    served = facts({"champion": 2}, answering=(answering(2),))
    assert reading.sentence(page(served)).endswith("every champion answers somewhere")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [3, 2, 1]),
        ("flight", [3, 2, 1]),
        ("model:v2", [2]),
        ("alias:champion", [2]),
        ("alias:champion run-3", []),
        ("dataset:flights run:run-1", [1]),
        ("estimator:logistic endpoint:late", [3]),
        ("nothing:late", []),
    ],
)
def test_a_filter_looks_everywhere_or_in_one_place(text: str, numbers: list[int]) -> None:
    known = facts(
        {"champion": 2},
        versions=(version(3), version(2, aliases=("champion",)), version(1)),
        answering=(answering(3),),
    )
    assert [one.number for one in known.versions if reading.matches(known, one, text)] == numbers


def test_the_nearest_known_word_is_named() -> None:
    assert reading.nearest(page(facts({"champion": 2})), "alias:champoin") == "champion"
    assert reading.nearest(page(facts()), "xyz") == ""


def test_the_last_thing_that_happened_to_a_version_is_said() -> None:
    hour = timedelta(hours=1)
    moves = (
        AliasMove("flight-late", "champion", 1, 2, NOW - hour, "bob"),
        AliasMove("flight-late", "champion", None, 1, NOW - 2 * hour, "ada"),
    )
    known = facts({"champion": 2}, moves=moves)
    one, two, three = version(1), version(2), version(3)
    assert reading.last_change(known, two, NOW) == "champion since 09:41"
    assert reading.last_change(known, one, NOW) == "champion until 09:41"
    assert reading.last_change(known, three, NOW) == "registered 17 Nov"
    assert [change.what for change in reading.changes(known)][:2] == [
        "moved champion from v1 to v2",
        "made v1 champion",
    ]
    away = AliasMove("flight-late", "champion", 2, None, NOW, "ada")
    assert reading.move_words(away) == "took champion away from v2"


@pytest.mark.parametrize(
    ("aliases", "words"),
    [
        ({}, "set on v3; no version has it now"),
        ({"champion": 2}, "moves from v2 to v3"),
        ({"champion": 3}, "champion is on v3 already"),
    ],
)
def test_what_an_alias_does_is_said_before(aliases: dict[str, int], words: str) -> None:
    assert reading.alias_effect(model(aliases), "champion", 3) == words


def test_figures_over_versions_are_of_the_test_part_or_all_means() -> None:
    assert reading.by_version(facts())[1:] == ([(1, 0.65), (2, 0.65), (3, 0.65)], True)
    untested = version(1, metrics=(summary("roc_auc", FIGURES[1]),))
    key, figures, on_test = reading.by_version(facts(versions=(version(3), version(2), untested)))
    assert (key, on_test) == ("roc_auc", False)
    assert dict(figures)[1] == pytest.approx(0.61)
    assert reading.figure(version(1, metrics=())) == ("roc_auc", None, False)


# --- one version ------------------------------------------------------------------------------------------------------


def test_a_version_stands_beside_the_champion_else_the_challenger_else_the_one_before() -> None:
    def beside(aliases: dict[str, int], number: int) -> int | None:
        known = facts(aliases)
        found = version_reading.beside(known, version(number))
        return found.number if found else None

    assert beside({"champion": 2}, 3) == 2
    assert beside({"champion": 3, "challenger": 1}, 3) == 1
    assert beside({"champion": 3}, 3) == 2
    assert beside({}, 1) is None


def test_differences_are_judged_by_their_spread() -> None:
    lines = version_reading.metric_lines(of_version(3, 2))
    assert [line.key for line in lines] == ["roc_auc", "log_loss"]
    assert lines[0].verdict == SAME
    assert lines[0].change == "−0.0033 ± 0.0115"
    assert version_reading.metric_lines(of_version(2, 1))[0].verdict == BETTER
    assert version_reading.metric_lines(of_version(1, 2))[0].verdict == WORSE


def test_what_was_measured_on_other_folds_has_a_wider_spread() -> None:
    other = make_run("two", version=1)
    lines = version_reading.metric_lines(of_version(3, 2, dataclasses.replace(other, dataset_hash="other")))
    assert lines[0].spread == pytest.approx(0.01 * 2**0.5)


def test_a_champion_that_was_validated_otherwise_is_not_compared_and_the_way_out_is_named() -> None:
    run, other = make_run("one"), make_run("two")
    leaky = dataclasses.replace(run, spec=dataclasses.replace(run.spec, validation=Validation(ValidationKind.HOLDOUT)))
    known = dataclasses.replace(of_version(3, 2, leaky), other_run=other)
    lines = version_reading.metric_lines(known)
    assert {line.verdict for line in lines} == {""}
    assert {line.change for line in lines} == {"—"}
    assert version_reading.verdict_sentence(known, lines) == (
        "v2 cannot be compared: they were validated in different ways, v3 on one random part of 20 %, "
        "v2 on 5 growing windows by time_hour."
    )
    assert version_reading.alike_place(known) == Place(
        "new-run", "flights@v1", {"rerun_of": "one", "validated_as": "two", "experiment": "late-at-arrival"}
    )
    elsewhere = dataclasses.replace(known, other_run=dataclasses.replace(other, dataset_reference="birds@v1"))
    assert version_reading.alike_place(elsewhere) is None
    assert "different datasets" in version_reading.verdict_sentence(elsewhere, lines)
    assert version_reading.alike_place(of_version(3, 2)) is None


def test_without_a_spread_the_difference_is_said_and_not_judged() -> None:
    known = of_version(3, 2)
    bare = [dataclasses.replace(line, spread=None, verdict="") for line in version_reading.metric_lines(known)]
    words = version_reading.verdict_sentence(known, bare)
    assert words.endswith("than that of v2; one part was held out, so it is not known how surely.")
    nothing = [version_reading.MetricLine(bare[0].key, bare[0].here)]
    assert version_reading.verdict_sentence(known, nothing) == ("v2 cannot be compared: there are no figures of both.")


def test_the_verdict_is_said_in_one_sentence() -> None:
    known = of_version(1, 2)
    words = version_reading.verdict_sentence(known, version_reading.metric_lines(known))
    assert words.startswith("roc_auc of v1 is 0.1000 lower than that of v2; the folds differ by ±")
    assert words.endswith("v1 is worse.")
    alone = of_version(1, None)
    assert "only version" in version_reading.verdict_sentence(alone, version_reading.metric_lines(alone))


def test_a_missing_link_names_the_action_that_makes_it() -> None:
    links = version_reading.lineage(of_version(3, 2, Missing(in_trash=True)))
    assert [(link.what, link.act) for link in links] == [
        ("Dataset version", "Open Datasets"),
        ("Run", "Open trash"),
        ("Model version", ""),
        ("Deployment", "Deploy…"),
    ]
    served = dataclasses.replace(of_version(3, 2), model=facts({}, answering=(answering(3, Health.UNKNOWN),)))
    (*_, last) = version_reading.lineage(served)
    assert last.sign is not None
    assert last.sign.word.startswith("Unknown, since")
    assert "answers behind late" in version_reading.sentence(served, False)
    assert version_reading.sentence(served, True).startswith("Refused: its bundle does not match its manifest")


# --- registering ------------------------------------------------------------------------------------------------------


def test_a_name_is_checked_and_what_it_makes_is_said() -> None:
    run = make_run("one")
    known = RegisterFacts(run, (), (model({"champion": 2}),), "flight-late", "", {("flight-late", run.id): 2})
    problem = registering.name_problem(known, "flight-late")
    assert problem is not None
    assert problem.message == "one is flight-late v2 already."
    assert registering.name_problem(known, "a/b") is not None
    assert registering.name_problem(known, "other") is None
    assert registering.name_effect(known, "flight-late") == "Makes flight-late v4."
    assert registering.name_effect(known, "other") == "A new model; this is its v1."
    assert registering.alias_words(known, "flight-late", "champion").startswith("champion moves from v2 to v4.")
    assert registering.alias_words(known, "other", "champion").startswith("The new version becomes champion;")
    assert registering.alias_words(known, "other", "") == "No alias moves. One can be set at any time."
