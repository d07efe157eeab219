"""The control channel: lines of JSON over a UNIX socket, with sockets beside them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mlops_desktop.serving.admin import AdminChannel, AdminError, Reply


async def _echo(message: Mapping[str, Any], _: socket.socket | None) -> Reply:
    return Reply({"heard": message.get("word")})


async def _refuse(_: Mapping[str, Any], _handed: socket.socket | None) -> Reply:
    raise AdminError("not now")


class _Keeper:
    """Keeps the socket that comes, and hands it back."""

    def __init__(self) -> None:
        self.kept: list[socket.socket] = []

    async def __call__(self, _: Mapping[str, Any], handed: socket.socket | None) -> Reply:
        assert handed is not None
        self.kept.append(handed)
        return Reply({}, handed=handed)


class _Talker:
    """The asker's end, in a thread of its own."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __call__(self, *lines: bytes, handed: socket.socket | None = None) -> list[bytes]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(self._path)
            answers = []
            for line in lines:
                socket.send_fds(connection, [line], [handed.fileno()] if handed is not None else [])
                answers.append(self._line(connection))
            return answers

    def _line(self, connection: socket.socket) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            part, descriptors, _, _ = socket.recv_fds(connection, 4096, 1)
            for descriptor in descriptors:
                socket.socket(fileno=descriptor).close()
                line += b"with a socket: "
            if not part:
                return line
            line += part
        return line


def _talk(path: Path, *lines: bytes, handed: socket.socket | None = None) -> list[bytes]:
    keeper = _Keeper()

    async def run() -> list[bytes]:
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(path))
        listening.listen()
        channel = asyncio.create_task(
            AdminChannel(listening, {"echo": _echo, "refuse": _refuse, "keep": keeper}).serve()
        )
        with ThreadPoolExecutor(1) as pool:
            talk = asyncio.get_running_loop().run_in_executor(pool, lambda: _Talker(path)(*lines, handed=handed))
            answers = await talk
        channel.cancel()
        await asyncio.wait([channel])
        return answers

    try:
        return asyncio.run(run())
    finally:
        for kept in keeper.kept:
            kept.close()


@pytest.fixture
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("a") / "s"


def test_commands_are_answered_one_after_the_other(path: Path) -> None:
    answers = _talk(path, b'{"command": "echo", "word": 1}\n', b'{"command": "echo", "word": 2}\n')
    assert [json.loads(line) for line in answers] == [{"answer": {"heard": 1}}, {"answer": {"heard": 2}}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"command": "refuse"}\n', "not now"),
        (b'{"command": "other"}\n', "no such command"),
        (b"[]\n", "no such command"),
        (b"{}\n", "no such command"),
        (b"{\n", "Expecting"),
        (b"\xff\n", "codec"),
    ],
)
def test_what_cannot_be_obeyed_is_answered_with_the_reason(path: Path, line: bytes, reason: str) -> None:
    [answer, next_answer] = _talk(path, line, b'{"command": "echo"}\n')
    assert reason in json.loads(answer)["error"]
    assert "answer" in json.loads(next_answer)


def test_a_socket_travels_both_ways(path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as public:
        [answer] = _talk(path, b'{"command": "keep"}\n', handed=public)
    assert answer == b'with a socket: {"answer": {}}\n'


def test_a_socket_that_nobody_wanted_is_closed(path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as public:
        [answer] = _talk(path, b'{"command": "refuse"}\n', handed=public)
        assert json.loads(answer) == {"error": "not now"}


def test_a_line_without_end_is_given_up(path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        _talk(path, b"x" * 200_000)
