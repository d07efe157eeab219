"""Whatever the bytes, a parser reads them or refuses them in words: no crash, no hang, no heap of memory."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest
from tests.fuzzing import campaign, trying
from tests.fuzzing.mutations import LARGEST, mutated

HARMFUL = "tests.fuzzing.harmful"
HARMS = {
    b"raise": "ZeroDivisionError",
    b"leave": "ended with 7",
    b"crash": f"ended with -{signal.SIGSEGV.value}",
    b"eat": "more than 1024 MiB of memory",
    b"silent": "refused without a word",
    b"hang": "Timeout (0:00:01)",
}


@pytest.mark.parametrize("name", campaign.names())
def test_every_target_has_a_corpus_of_small_files(name: str) -> None:
    known = [path.read_bytes() for path in (campaign.CORPUS / name).iterdir()]
    assert len(known) >= 5
    assert max(len(content) for content in known) <= LARGEST
    assert {folder.name for folder in campaign.CORPUS.iterdir()} <= set(campaign.names())


@pytest.mark.parametrize("name", campaign.names())
def test_the_corpus_and_its_changes_are_read_or_refused(name: str) -> None:
    outcome = campaign.short(campaign.module_of(name), campaign.CORPUS / name)
    assert outcome.inputs >= campaign.CHANGES
    assert outcome.peak < trying.MEMORY_CAP


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", campaign.names())
def test_minutes_of_fuzzing_find_nothing(name: str, request: pytest.FixtureRequest) -> None:
    seconds = int(request.config.getoption("--fuzz-minutes") * 60)
    is_guided = campaign.can_be_guided()
    outcome = campaign.long(campaign.module_of(name), campaign.CORPUS / name, seconds, is_guided=is_guided)
    sys.stdout.write(f"{name}: {outcome}\n")
    assert outcome.inputs > 0
    assert outcome.peak < trying.MEMORY_CAP


def test_the_same_seed_gives_the_same_inputs() -> None:
    known = [b"a,b\n1,2\n", b""]

    def some(seed: str) -> list[bytes]:
        return [data for _, data in zip(range(200), mutated(known, (b"word",), seed), strict=False)]

    assert some("a") == some("a") != some("b")
    assert any(b"word" in data for data in some("a"))
    assert len(set(some("a"))) > 100


@pytest.mark.parametrize("harm", HARMS)
def test_what_does_harm_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: bytes) -> None:
    """The harness itself, on a target that does harm."""
    monkeypatch.setattr(campaign, "SECONDS_FOR_ONE", 1 if harm == b"hang" else 20)
    (tmp_path / "good").write_bytes(b"fine")
    (tmp_path / "harm").write_bytes(harm)
    with pytest.raises(campaign.FindingError, match="found-") as found:
        campaign.short(HARMFUL, tmp_path, 1)
    assert HARMS[harm] in str(found.value)
    kept = [path.read_bytes() for path in tmp_path.glob("found-*")]
    assert kept == [harm]


def test_a_target_that_cannot_begin_is_told(tmp_path: Path) -> None:
    with pytest.raises(campaign.FindingError, match="No module named"):
        campaign.short("tests.fuzzing.targets.nothing", tmp_path, 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not campaign.can_be_guided(), reason="atheris is not to be had for this system")
def test_coverage_guides_to_what_chance_would_not_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(campaign, "GROWN", tmp_path / "grown")
    monkeypatch.setattr(campaign, "SECONDS_FOR_ONE", 1)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "good").write_bytes(b"abcdef")
    with pytest.raises(campaign.FindingError, match="found-"):
        campaign.long(HARMFUL, corpus, 60, is_guided=True)
    (kept,) = corpus.glob("found-*")
    assert kept.read_bytes() in HARMS
