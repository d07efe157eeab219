"""A server of this computer under what its clients, its disk and the system do to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.hosts.conftest import ENDPOINT, TOKEN, Place
from tests.small_disks import fill, small_disk

from mlops_desktop.domain.deployments import ServeOrder
from mlops_desktop.hosts.process_host import ProcessHost

Serve = Callable[..., ServeOrder]


def head(port: int, length: int | str, *more: str) -> bytes:
    lines = [
        "POST /predict HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {TOKEN}",
        "Content-Type: application/json",
        f"Content-Length: {length}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def answer(connection: socket.socket) -> tuple[int, Any]:
    """The status and what was said; 0 where the server just ended the connection."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        return response.status, json.loads(response.read())
    except (http.client.HTTPException, ConnectionResetError, ValueError):
        return 0, None
    finally:
        response.close()


def ask(port: int, sent: bytes) -> tuple[int, Any]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was taken
            connection.sendall(sent)
        return answer(connection)


def ask_for(port: int, body: bytes) -> tuple[int, Any]:
    return ask(port, head(port, len(body)) + body)


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def accepting(host: ProcessHost, serve: Serve) -> tuple[int, ServeOrder]:
    port = host.prepare(ENDPOINT, 0, [])
    order = serve(host)
    host.accept(order.deployment_id)
    return port, order


def test_v_01_whatever_is_sent_the_field_is_named_nothing_is_an_error_of_ours_and_the_process_lives(
    place: Place, serve: Serve
) -> None:
    host = place.host()
    port, order = accepting(host, serve)
    row = place.versions[0].rows[0]
    before = host.observe(order.deployment_id)

    def with_value(text: str) -> bytes:
        return (
            json.dumps({"rows": [{**row, "petal_width": 0}]})
            .replace('"petal_width": 0', f'"petal_width": {text}')
            .encode()
        )

    named = {"missing": {key: value for key, value in row.items() if key != "petal_width"}}
    named["renamed"] = {**named["missing"], "petalWidth": 1.0}
    bodies = [json.dumps({"rows": [one]}).encode() for one in named.values()]
    bodies += [with_value(text) for text in ('"text"', "NaN", "-Infinity", "1e999", "[]", "{}", "9" * 400)]
    for body in bodies:
        status, said = ask_for(port, body)
        assert (status, said["error"]["field"]) == (422, "petal_width"), body[:200]
    further = ask_for(port, json.dumps({"rows": [{**row, "colour": "red"}]}).encode())
    assert (further[0], further[1]["error"]["field"]) == (422, "colour")
    others = [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"rows": []}',
        b"\xff\xfe\x00",
        b'{"rows": ' + b"[" * 100_000,
        b'{"rows": [' + b'{"a":' * 100_000,
        b'{"rows": [' + b"{}," * 999_999 + b"{}]}",
        b'{"rows": "' + b"x" * (20 << 20) + b'"}',
    ]
    assert [ask_for(port, body)[0] // 100 for body in others] == [4] * len(others)
    for raw in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
        head(port, "9" * 400),
        head(port, "-1"),
        head(port, 2, "Transfer-Encoding: chunked") + b"{}",
        head(port, 2, "Expect: 200-maybe") + b"{}",
    ):
        assert ask(port, raw)[0] // 100 in (0, 4), raw[:60]
    status, said = ask_for(port, json.dumps({"rows": [row]}).encode())
    assert (status, said["predictions"]) == (200, place.versions[0].answers[:1])
    after = host.observe(order.deployment_id)
    assert (after.process, after.errors, after.healthy) == (before.process, 0, True)
    assert after.refused > len(bodies)


@pytest.mark.usefixtures("instant")
def test_v_03_a_request_under_way_at_sigterm_is_answered_and_then_the_process_ends(place: Place, serve: Serve) -> None:
    host = place.host()
    port, order = accepting(host, serve)
    process = host.observe(order.deployment_id).process
    assert process is not None
    body = json.dumps({"rows": place.versions[0].rows}).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head(port, len(body)) + body[:10])
        until(lambda: host.observe(order.deployment_id).open_connections == 1)
        os.kill(process.pid, signal.SIGTERM)
        until(lambda: not host.observe(order.deployment_id).accepting)
        connection.sendall(body[10:])
        status, said = answer(connection)
    assert (status, said["predictions"]) == (200, [{"prediction": 1}] * len(place.versions[0].rows))
    until(lambda: not host.observe(order.deployment_id).running)
    records = [json.loads(line) for line in (order.folder / "serving.log").read_text().splitlines()]
    assert [record["event"] for record in records[-2:]] == ["drain", "end"]


@pytest.mark.usefixtures("instant")
def test_v_04_a_full_disk_stops_no_answer_and_what_its_log_lost_is_shown(place: Place, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        host = place.host()
        port = host.prepare(ENDPOINT, 0, [])
        order = replace(place.order(), folder=disk / "deployment")
        host.start(order)
        host.check(order)
        host.accept(order.deployment_id)
        fill(disk)
        body = json.dumps({"rows": place.versions[0].rows}).encode()
        elsewhere = head(port, 0).replace(b"/predict", b"/" + b"x" * 199)
        for _ in range(30):  # a record of each of the first twenty in a second
            assert ask(port, elsewhere)[0] == 404
            assert ask_for(port, body)[0] == 200
        seen = host.observe(order.deployment_id)
        assert (seen.healthy, seen.requests, seen.errors) == (True, 30, 0)
        assert seen.log_lost > 0
        assert seen.sentence == f"ready; {seen.log_lost} log records could not be written"
        host.stop(order.deployment_id)
