"""Asking an endpoint: its own words come back, and whatever else answers there does no harm."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mlops_desktop.domain.errors import EndpointUnreachableError, InvalidInputError, UserError
from mlops_desktop.hosts.predict_client import predict


@contextmanager
def _endpoint(answer: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """Answers one request with these bytes; None: never."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(10)

        def serve() -> None:
            with listening.accept()[0] as connection:
                while not heard or not heard[0].endswith(b"}"):
                    heard[:] = [b"".join(heard) + connection.recv(65536)]
                if answer is None:
                    connection.recv(1)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
        finally:
            thread.join()


def _response(status: str, content: object) -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return b"HTTP/1.1 %s\r\ncontent-length: %d\r\n\r\n%s" % (status.encode(), len(body), body)


def test_rows_go_out_with_the_token_and_the_answer_comes_back() -> None:
    with _endpoint(_response("200 OK", {"predictions": []})) as (url, heard):
        assert predict(url, "the token", [{"a": 1, "b": None, "c": "ü"}]) == {"predictions": []}
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /predict HTTP/1.1")
    assert b"Authorization: Bearer the token" in head
    assert json.loads(body) == {"rows": [{"a": 1, "b": None, "c": "ü"}]}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (_response("422 X", {"error": {"message": "Row 1.", "field": "a"}}), InvalidInputError, "Row 1"),
        (_response("401 X", {"error": {"message": "Send the token."}}), InvalidInputError, "Send the token"),
        (_response("500 X", {"error": {"message": "It failed."}}), EndpointUnreachableError, "500.*It failed"),
        (_response("200 OK", b"<html>"), EndpointUnreachableError, "200"),
        (_response("200 OK", b"[" * 100_000), EndpointUnreachableError, "200"),
        (_response("404 X", {"error": "text"}), EndpointUnreachableError, "404"),
        (_response("404 X", []), EndpointUnreachableError, "404"),
        (b"SSH-2.0-OpenSSH_9\r\n", EndpointUnreachableError, "SSH"),
        (b"", EndpointUnreachableError, "without response"),
        (None, EndpointUnreachableError, "within 0.2 seconds"),
    ],
)  # fmt: skip
def test_every_failure_is_told_in_words(answer: bytes | None, kind: type[UserError], words: str) -> None:
    with _endpoint(answer) as (url, _), pytest.raises(kind, match=words) as caught:
        predict(url, "token", [{"a": 1}], seconds=0.2)
    assert caught.value.hint


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(EndpointUnreachableError, match="nobody listens"):
        predict(url, "token", [])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes"])
def test_rows_that_json_cannot_hold_are_refused_before_sending(value: object) -> None:
    with pytest.raises(InvalidInputError, match="JSON"):
        predict("http://127.0.0.1:1", "token", [{"a": value}])


@pytest.mark.parametrize("token", ["two\r\nlines: x", "ünïcode\u2028"])
def test_a_token_that_is_no_header_is_refused(token: str) -> None:
    with pytest.raises(InvalidInputError, match="token"):
        predict("http://127.0.0.1:1", token, [{"a": 1}])
