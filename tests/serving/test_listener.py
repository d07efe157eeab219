"""Accepting on and off, while clients with kept and with new connections go on."""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.serving.raw_client import LiveApp, RawClient, live_app, request, rows_body
from tests.serving.small_bundle import SmallBundle

from mlops_desktop.serving import listener as listener_module


def _wait(condition: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_drained_listener_takes_no_connection_and_loses_none(live: LiveApp) -> None:
    live.run(live.listener.drain)
    with RawClient(live.port) as client:
        client.send(request(live.port, "GET", "/health"))
        assert select.select([live.public], [], [], 10)[0]  # still in the queue that we share with the listener
        live.public.accept()[0].close()
    assert live.listener.socket is None


def test_it_accepts_again_after_a_drain_and_takes_what_waited(live: LiveApp) -> None:
    for _ in range(3):
        live.run(live.listener.drain)
        with RawClient(live.port) as client:
            client.send(request(live.port, "GET", "/health"))
            live.run(lambda: live.listener.accept(live.public.dup()))
            response = client.answer()
            assert response.status == 200
            assert "connection" not in response.headers


def test_while_draining_a_kept_connection_is_answered_once_more_and_told_to_go(
    live: LiveApp, small_bundle: SmallBundle
) -> None:
    body = rows_body(small_bundle.rows[:1])
    with RawClient(live.port) as client:
        client.send(request(live.port, body=body))
        assert "connection" not in client.answer().headers
        live.run(live.listener.drain)
        client.send(request(live.port, body=body))
        response = client.answer()
        assert (response.status, response.headers["connection"]) == (200, "close")
        assert client.read() is None
    _wait(lambda: live.listener.open_connections == 0)


def test_idle_kept_connections_end_by_themselves(
    small_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "KEEP_ALIVE_SECONDS", 1)
    with live_app(small_model, tmp_path) as live, RawClient(live.port) as client:
        client.send(request(live.port, "GET", "/health"))
        client.answer()
        live.run(live.listener.drain)
        assert live.listener.open_connections == 1  # not cut: the client may be about to ask
        assert client.read() is None
        _wait(lambda: live.listener.open_connections == 0)


def test_who_connects_and_says_nothing_is_sent_away(
    small_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "REQUEST_LINE_SECONDS", 0.2)
    with live_app(small_model, tmp_path) as live, RawClient(live.port) as silent, RawClient(live.port) as slow:
        slow.send(b"GET /health HTTP/1.1\r\nhost: ")
        assert silent.read() is None
        assert slow.read() is None


def test_an_endless_body_after_its_refusal_is_cut(
    small_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "REQUEST_LINE_SECONDS", 0.3)
    with live_app(small_model, tmp_path) as live, RawClient(live.port) as client:
        chunked = {"content-length": None, "transfer-encoding": "chunked", "content-type": "text/plain"}
        client.send(request(live.port, headers=chunked))
        assert client.answer().status == 415
        with pytest.raises(OSError, match="reset|pipe"):
            _send_for_ever(client)


def _send_for_ever(client: RawClient) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        client.send(b"400\r\n" + b" " * 1024 + b"\r\n")


def test_a_broken_body_ends_the_connection_only(live: LiveApp) -> None:
    with RawClient(live.port) as client:
        client.send(request(live.port, headers={"content-length": None, "transfer-encoding": "chunked"}))
        client.send(b"zzz\r\nnot a chunk\r\n")
        response = client.read()
        assert response is None or response.status == 400
    assert live.ask(request(live.port, "GET", "/health")).status == 200


def test_more_connections_than_allowed_wait_their_turn(
    small_model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "MOST_CONNECTIONS", 1)
    with live_app(small_model, tmp_path) as live, RawClient(live.port) as first, RawClient(live.port) as second:
        for client in (first, second):
            client.send(request(live.port, "GET", "/health"))
        assert first.answer().status == 200
        first.close()
        assert second.answer().status == 200


class _OutOfDescriptors(socket.socket):
    """Fails once, as a process does that has too many files open."""

    failed = False

    def accept(self) -> tuple[socket.socket, Any]:
        if not self.failed:
            self.failed = True
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_trouble_with_taking_a_connection_is_told_and_passes(live: LiveApp) -> None:
    live.run(lambda: live.listener.accept(_OutOfDescriptors(fileno=live.public.dup().detach())))
    assert live.ask(request(live.port, "GET", "/health")).status == 200
    assert [record["event"] for record in live.records()] == ["trouble"]


def test_no_request_is_lost_while_two_take_turns(small_model: Any, small_bundle: SmallBundle, tmp_path: Path) -> None:
    """Two listeners on one socket, switched forty times under four clients, two of them with kept connections."""
    body = rows_body(small_bundle.rows[:1])
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    failures: list[str] = []
    counts = [0] * 4
    stop = threading.Event()

    with live_app(small_model, tmp_path / "a") as one, live_app(small_model, tmp_path / "b") as two:
        port = one.port

        def ask_on(index: int) -> None:
            client: RawClient | None = None
            while not stop.is_set():
                client = client or RawClient(port)
                client.send(request(port, body=body))
                response = client.read()
                if response is None or response.status != 200:
                    failures.append(f"client {index}: {response}")
                counts[index] += 1
                if index % 2 or response is None or response.headers.get("connection") == "close":
                    client.close()
                    client = None
            if client is not None:
                client.close()

        threads = [threading.Thread(target=ask_on, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        present, next_one = one, two
        for _ in range(40):
            before = sum(counts)
            next_one.run(lambda taker=next_one: taker.listener.accept(one.public.dup()))  # type: ignore[misc]
            present.run(present.listener.drain)
            present, next_one = next_one, present
            _wait(lambda before=before: sum(counts) > before + 4 or failures)
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert min(counts) > 0
