"""The host's side of the control channel, against servers that misbehave."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_desktop.serving.admin_client import (
    ControlError,
    NobodyThereError,
    RefusedError,
    SilentServerError,
    ask,
    take_socket,
)


@contextlib.contextmanager
def _server(answer: bytes | None, handed: socket.socket | None = None) -> Iterator[Path]:
    """Answers one message with these bytes; None: with nothing, for as long as the asker waits."""
    path = Path(os.environ["MLOPS_STATE_FOLDER"]).parent / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        listening.settimeout(10)

        def serve() -> None:
            with listening.accept()[0] as connection:
                connection.recv(65536)
                if answer is None:
                    connection.recv(1)
                else:
                    socket.send_fds(connection, [answer], [handed.fileno()] if handed is not None else [])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield path
        finally:
            thread.join()


def test_an_answer_is_given_as_it_came() -> None:
    with _server(b'{"answer": {"phase": "ready"}}\n') as path:
        assert ask(path, "status") == {"phase": "ready"}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b'{"error": "not now"}\n', RefusedError, "not now"),
        (b"{}\n", RefusedError, "cannot be read"),
        (b"[]\n", RefusedError, "cannot be read"),
        (b"nonsense\n", RefusedError, "cannot be read"),
        (b'{"answer": {}}', NobodyThereError, "went away"),
        (b"", NobodyThereError, "went away"),
        (b"x" * 200_000, NobodyThereError, "went away"),
        (None, SilentServerError, "within 0.2 seconds"),
    ],
)
def test_every_misbehaviour_has_its_error(answer: bytes | None, kind: type[ControlError], words: str) -> None:
    with _server(answer) as path, pytest.raises(kind, match=words):
        ask(path, "status", seconds=0.2)


def test_nobody_is_there() -> None:
    path = Path(os.environ["MLOPS_STATE_FOLDER"]).parent / "s"
    with pytest.raises(NobodyThereError):
        ask(path, "status")
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    with pytest.raises(NobodyThereError):
        ask(path, "status")


def test_a_socket_is_taken_over_and_one_unasked_for_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as public:
        with _server(b'{"answer": {}}\n', public) as path, take_socket(path) as taken:
            assert taken.getsockname() == public.getsockname()
            assert not taken.get_inheritable()
            assert not taken.getblocking()
        path.unlink()
        with _server(b'{"answer": {}}\n', public) as path:
            assert ask(path, "status") == {}
        path.unlink()
        with _server(b'{"error": "no"}\n', public) as path, pytest.raises(RefusedError):
            take_socket(path)


def test_a_promised_socket_that_does_not_come_is_a_refusal() -> None:
    with _server(b'{"answer": {}}\n') as path, pytest.raises(RefusedError, match="no socket"):
        take_socket(path)
