"""The language of filters: what is read is written back the same, and every mistake has its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.errors import FilterError
from mlops_desktop.domain.run_filters import (
    EVERYTHING,
    FIELDS,
    All,
    Condition,
    Either,
    FieldKind,
    Known,
    Missing,
    Not,
    RunFilter,
    Word,
    as_text,
    kind_of,
    parse,
)

KNOWN = Known(frozenset({"roc_auc", "log_loss", "a metric"}), frozenset({"max_depth", "C", "name", "roc_auc"}))
NAMES = [*FIELDS, *(f"metric:{name}" for name in KNOWN.metrics), *(f"param:{name}" for name in KNOWN.params)]


@st.composite
def conditions(draw: st.DrawFn) -> RunFilter:
    name = draw(st.sampled_from(NAMES))
    kind = kind_of(name)
    if kind is FieldKind.TEXT:
        sign = draw(st.sampled_from([":", "=", "!="]))
        statuses = st.sampled_from(["failed", "running", "Finished"])
        return Condition(name, sign, draw(statuses if name == "status" and sign != ":" else st.text(max_size=8)))
    if kind is FieldKind.TIME:
        moments = st.sampled_from(["2026-11-18", "today", "Yesterday", "2026-11-18 10:30"])
        return Condition(name, draw(st.sampled_from(["=", "!=", ">", "<="])), draw(moments))
    value = str(draw(st.floats(-1e6, 1e6)))
    return Condition(name, draw(st.sampled_from(["=", "!=", ">", ">=", "<", "<="])), value)


LEAVES = st.one_of(conditions(), st.builds(Word, st.text(max_size=8)), st.builds(Missing, st.sampled_from(NAMES)))


FILTERS: st.SearchStrategy[RunFilter] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        *(
            st.lists(inner.filter(lambda one, kind=kind: not isinstance(one, kind)), min_size=2, max_size=3).map(  # type: ignore[arg-type]
                lambda found, kind=kind: kind(tuple(found))  # type: ignore[misc]
            )
            for kind in (All, Either)
        ),
    ),
    max_leaves=6,
)


@given(FILTERS)
def test_a_filter_that_is_written_is_read_again_the_same(wanted: RunFilter) -> None:
    text = as_text(wanted, KNOWN)
    if len(text) <= 1000:
        assert parse(text, KNOWN) == wanted


@given(st.text(alphabet="ab 01.'\"()!=<>:|&é-", max_size=40) | st.text(max_size=30))
def test_any_text_is_understood_or_refused_with_a_place(text: str) -> None:
    refused: FilterError | None = None
    try:
        parse(text, KNOWN)
    except FilterError as error:
        refused = error
    if refused is not None:
        assert 0 <= refused.at <= len(text)
        assert refused.message
        assert refused.fix != text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", EVERYTHING),
        ("forest v2", All((Word("forest"), Word("v2")))),
        ("roc_auc > 0.7", Condition("metric:roc_auc", ">", "0.7")),
        ("param.roc_auc = 3", Condition("param:roc_auc", "=", "3")),
        ("status is not failed", Condition("status", "!=", "failed")),
        ("Status == FAILED", Condition("status", "=", "FAILED")),
        ("tags:best", Condition("tag", ":", "best")),
        ("max_depth is not missing", Not(Missing("param:max_depth"))),
        ("'a metric' >= −2", Condition("metric:a metric", ">=", "−2")),
        ("notes: 'night ''and'' day'", Condition("notes", ":", "night 'and' day")),
        (
            "roc_auc > 0.7 and (estimator:forest or tag:best)",
            All(
                (
                    Condition("metric:roc_auc", ">", "0.7"),
                    Either((Condition("estimator", ":", "forest"), Condition("tag", ":", "best"))),
                )
            ),
        ),
        ("a or b c", Either((Word("a"), All((Word("b"), Word("c")))))),
        ("not a b", All((Not(Word("a")), Word("b")))),
        ("started >= 2026-11-18", Condition("started", ">=", "2026-11-18")),
    ],
)
def test_what_is_written_means(text: str, meant: RunFilter) -> None:
    assert parse(text, KNOWN) == meant


@pytest.mark.parametrize(
    ("text", "at", "fix"),
    [
        ("roc_ac > 0.7", 0, "roc_auc > 0.7"),
        ("a estimator > b", 12, "a estimator:b"),
        ("roc_auc:0.7", 7, "roc_auc = 0.7"),
        ("status = failled", 9, "status = failed"),
        ("(a or b", 0, "(a or b)"),
        ("a or b)", 6, "a or b"),
        ("notes:'night", 6, "notes:'night'"),
        ("roc_auc > high", 10, ""),
        ("roc_auc >", 9, ""),
        ("started > soon", 10, ""),
        ("a and", 5, ""),
        ("and a", 0, ""),
        ("= 3", 0, ""),
        ("a ! b", 2, "a != b"),
        ("zzzz = 3", 0, ""),
    ],
)
def test_a_mistake_has_its_place_and_perhaps_its_mending(text: str, at: int, fix: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text, KNOWN)
    assert (caught.value.at, caught.value.fix) == (at, fix)


@pytest.mark.parametrize(("text", "unfinished"), [("roc_auc >", True), ("(a", True), ("roc_ac > 1", False)])
def test_what_may_still_be_being_typed_is_known(text: str, unfinished: bool) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text, KNOWN)
    assert caught.value.unfinished is unfinished


def test_there_is_an_end_to_length_and_depth() -> None:
    for text in ("a" * 1001, "(" * 13 + "a" + ")" * 13):
        with pytest.raises(FilterError):
            parse(text, KNOWN)
