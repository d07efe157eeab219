"""What worker and owner say to each other: strict, limited, and never code."""

from __future__ import annotations

import contextlib
import errno
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.errors import (
    CallError,
    DiskFullError,
    JobCancelledError,
    MemoryCapError,
    UserError,
    user_errors,
)
from mlops_desktop.workers import protocol
from mlops_desktop.workers.protocol import MAX_LINE, CallRequest, JobRequest, ProtocolError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_what_is_encoded_is_decoded(message: dict[str, object]) -> None:
    line = protocol.encode(message)
    assert line.count(b"\n") == 1
    assert protocol.decode(line) == message


@given(st.binary(max_size=200))
def test_no_bytes_whatsoever_upset_the_parser(line: bytes) -> None:
    for parse in (protocol.decode, protocol.parse_request):
        with contextlib.suppress(ProtocolError):
            parse(line)


@given(st.fixed_dictionaries({}, optional={key: PLAIN for key in ("call", "id", "request", "job", "spec", "folder")}))
def test_no_message_whatsoever_upsets_the_parser(message: dict[str, object]) -> None:
    with contextlib.suppress(ProtocolError):
        assert isinstance(protocol.parse_request(protocol.encode(message)), CallRequest | JobRequest)


def test_requests_are_understood(tmp_path: Path) -> None:
    call = {"call": "page", "id": 3, "request": {"limit": 5}}
    assert protocol.parse_request(protocol.encode(call)) == CallRequest("page", 3, {"limit": 5})
    job = {"job": "train", "spec": {"a": 1}, "folder": tmp_path}
    assert protocol.parse_request(protocol.encode(job)) == JobRequest("train", {"a": 1}, tmp_path)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"{", "not JSON"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b'{"a":-Infinity}', "-Infinity is not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
        (b'{"a":' + b"7" * 5_000 + b"}", "not JSON"),
        (b"\xff", "not JSON"),
        (b'"' + b"x" * MAX_LINE + b'"', "more than"),
        (b"{}", "neither a call nor a job"),
        (b'{"call":"page","id":true,"request":{}}', "whole number"),
        (b'{"call":"page","id":1,"request":[]}', "an object as its request"),
        (b'{"job":"train","spec":{},"folder":"../here"}', "absolute path"),
        (b'{"job":1,"spec":{},"folder":"/tmp"}', "needs a kind"),
    ],
    ids=range(13),
)
def test_what_is_no_request_is_refused_with_the_reason(line: bytes, sentence: str) -> None:
    with pytest.raises(ProtocolError, match=sentence):
        protocol.parse_request(line)


def test_what_is_not_plain_or_too_long_is_not_sent() -> None:
    for message in ({"a": object()}, {"a": b"bytes"}):
        with pytest.raises(ProtocolError, match="plain values"):
            protocol.encode(message)
    with pytest.raises(ProtocolError, match="more than"):
        protocol.encode({"a": "x" * MAX_LINE})
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ProtocolError, match="plain values"):
        protocol.encode({"a": endless})


def test_lines_are_read_one_by_one_and_never_without_limit() -> None:
    stream = io.BytesIO(b"one\n\ntorn")
    assert [protocol.read_line(stream) for _ in range(4)] == [b"one\n", b"\n", None, None]
    with pytest.raises(ProtocolError, match="longer than"):
        protocol.read_line(io.BytesIO(b"x" * (MAX_LINE + 1)))


@pytest.mark.parametrize("kind", user_errors().values())
def test_every_user_error_survives_the_way(kind: type[UserError]) -> None:
    body = protocol.error_body(kind("What happened.", hint="What to do.", details="For the log."))
    back = protocol.error_from(protocol.decode(protocol.encode(body)))
    assert type(back) is kind
    assert (back.message, back.hint, back.details) == ("What happened.", "What to do.", "For the log.")


def test_cancelling_is_told_apart() -> None:
    assert protocol.error_body(JobCancelledError("Stopped."))["cancelled"] is True


def test_no_memory_and_no_disk_space_are_the_users_to_know() -> None:
    memory = protocol.error_from(protocol.error_body(MemoryError("Unable to allocate 74 GiB")))
    assert isinstance(memory, MemoryCapError)
    assert "74 GiB" in memory.details
    disk = protocol.error_from(protocol.error_body(OSError(errno.ENOSPC, "No space left on device", "/w/table")))
    assert isinstance(disk, DiskFullError)
    assert "/w/table" in disk.message


def test_an_error_without_words_still_makes_a_sentence() -> None:
    assert protocol.error_body(KeyboardInterrupt())["message"].endswith("KeyboardInterrupt")


def test_long_words_are_cut() -> None:
    body = protocol.error_body(ValueError("x" * 100_000))
    assert len(body["message"]) == 500
    assert len(body["details"]) == 20_000


@pytest.mark.parametrize("body", [None, [], {"code": 1}, {"code": "MD-RUN-001", "message": None}])
def test_what_describes_no_error_is_a_call_error(body: object) -> None:
    assert type(protocol.error_from(body)) is CallError


def test_an_unknown_code_is_a_call_error_with_its_words_kept() -> None:
    error = protocol.error_from({"code": "MD-NEW-999", "message": "From a newer worker."})
    assert type(error) is CallError
    assert error.message == "From a newer worker."
