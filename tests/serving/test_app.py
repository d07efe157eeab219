"""The HTTP application, over real sockets and with a real model."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.serving.raw_client import TOKEN, LiveApp, RawClient, live_app, request, rows_body
from tests.serving.small_bundle import SmallBundle

from mlops_desktop.serving.app import METHODS, Limits
from mlops_desktop.serving.model import Model


def test_predictions_equal_the_models_own(live: LiveApp, small_bundle: SmallBundle) -> None:
    response = live.post(rows_body(small_bundle.rows))
    assert response.status == 200
    assert response.content == {"model": "iris@v1", "predictions": small_bundle.answers}
    assert response.headers["content-type"] == "application/json"


def test_v_01_null_is_the_models_to_judge(live: LiveApp, small_bundle: SmallBundle) -> None:
    row = {**small_bundle.rows[0], "sepal_width": None}
    response = live.post(rows_body([row]))  # this pipeline cannot fill gaps
    assert response.status == 422
    assert "NaN" in response.error["message"]


def test_one_connection_serves_many_requests(live: LiveApp, small_bundle: SmallBundle) -> None:
    body = rows_body(small_bundle.rows[:1])
    with RawClient(live.port) as client:
        for _ in range(3):
            client.send(request(live.port, body=body))
            assert client.answer().status == 200
        client.send(request(live.port, body=body) + request(live.port, "GET", "/health"))
        assert [client.answer().status, client.answer().status] == [200, 200]


# --- who may ask ------------------------------------------------------------------------------------------------------


def test_every_route_refuses_a_wrong_token(live: LiveApp) -> None:
    wrong = ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN, "Bearer ÿ"]
    for path in [*METHODS, "/", "/docs", "/predict/", "/../predict", "//predict"]:
        for value in wrong:
            data = request(live.port, METHODS.get(path, "GET"), path, headers={"authorization": value})
            response = live.ask(data)
            assert response.status == 401, (path, value)
            assert response.content.keys() == {"error"}
            assert response.headers["www-authenticate"] == "Bearer"


def test_without_a_token_health_says_nothing_but_its_state(live: LiveApp) -> None:
    response = live.ask(request(live.port, "GET", "/health", headers={"authorization": None}))
    assert (response.status, response.content) == (200, {"status": "healthy"})
    assert live.ask(request(live.port, headers={"authorization": None})).status == 401


def test_with_a_token_health_says_what_answers(live: LiveApp, small_bundle: SmallBundle) -> None:
    live.post(rows_body(small_bundle.rows))
    content = live.ask(request(live.port, "GET", "/health")).content
    assert (content["status"], content["model"], content["manifest"]) == ("healthy", "iris@v1", "0" * 64)
    assert content["counts"]["requests"] == 1
    assert content["counts"]["rows"] == len(small_bundle.rows)
    assert content["counts"]["p99_ms"] >= content["counts"]["p50_ms"] > 0


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost:{port}.evil", "0.0.0.0:{port}", ""]
)
def test_a_foreign_host_is_refused_before_any_work(live: LiveApp, host: str) -> None:
    for path, method in METHODS.items():
        response = live.ask(request(live.port, method, path, headers={"host": host.format(port=live.port)}))
        assert (response.status, response.error["code"]) == (403, "foreign_host")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_our_own_names_are_served(live: LiveApp, host: str) -> None:
    assert live.ask(request(live.port, "GET", "/health", headers={"host": host.format(port=live.port)})).status == 200


@pytest.mark.parametrize(
    ("header", "value"), [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
)
def test_web_pages_are_refused_and_never_told_otherwise(live: LiveApp, header: str, value: str) -> None:
    for path in METHODS:
        for method in ("GET", "POST", "OPTIONS"):
            response = live.ask(request(live.port, method, path, headers={header: value}))
            assert (response.status, response.error["code"]) == (403, "web_page")
            assert not [name for name in response.headers if name.startswith("access-control")]


def test_other_paths_and_methods_are_refused(live: LiveApp) -> None:
    assert live.ask(request(live.port, "GET", "/other")).status == 404
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        response = live.ask(request(live.port, method, "/predict"))
        assert (response.status, response.headers["allow"]) == (405, "POST")


# --- what may be sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "application/json; charset=utf-16", "application/jsonx"],
)  # fmt: skip
def test_only_json_is_read(live: LiveApp, kind: str | None) -> None:
    data = request(live.port, body=b"{}", headers={"content-type": kind})
    assert live.ask(data).status == 415


def test_compressed_bodies_are_refused_unread(live: LiveApp) -> None:
    response = live.ask(request(live.port, body=b"{}", headers={"content-encoding": "gzip"}))
    assert (response.status, response.error["field"]) == (415, "content-encoding")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"", 400, None),
        (b"{", 400, None),
        (b"\xff\xfe{}", 400, None),
        (b'{"rows": [NaN', 400, None),
        (b"[]", 400, None),
        (b'"rows"', 400, None),
        (b"{}", 422, "rows"),
        (b'{"rows": []}', 422, "rows"),
        (b'{"rows": {}}', 422, "rows"),
        (b'{"rows": [1]}', 422, "rows"),
        (b'{"rows": [{}]}', 422, "any"),
        (b'{"rows": [{}], "model": "x"}', 422, "model"),
        (b'{"rows": [{"a": 1, "a": 2}]}', 422, "a"),
        (b'{"rows": [' + b"[" * 200_000, 400, None),
        (b'{"rows": ' + b"[" * 900 + b"]" * 900 + b"}", 422, "rows"),
        (b'{"rows": [{"a": ' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}]}", 422, "a"),
    ],
)  # fmt: skip
def test_v_01_bodies_that_are_no_rows_are_refused(live: LiveApp, body: bytes, status: int, field: str | None) -> None:
    response = live.post(body)
    assert response.status == status
    if field == "any":
        assert response.error["field"]
    else:
        assert response.error.get("field") == field


@pytest.mark.parametrize(
    "value",
    ['"text"', "NaN", "Infinity", "-Infinity", "1e400", "9" * 5000, str(2**64), '"\\ud800"', "[1]", '{"a": 1}'],
)
def test_v_01_a_wrong_value_names_its_column_and_row(live: LiveApp, small_bundle: SmallBundle, value: str) -> None:
    good = json.dumps(small_bundle.rows[0])
    bad = json.dumps({**small_bundle.rows[1], "petal_width": 0}).replace(": 0}", f": {value}}}")
    response = live.post(f'{{"rows": [{good}, {bad}]}}'.encode())
    assert response.status == 422
    assert response.error["field"] == "petal_width"
    assert re.search(r"\b[Rr]ow 2\b", response.error["message"])


def test_v_01_missing_renamed_and_further_columns_are_named(live: LiveApp, small_bundle: SmallBundle) -> None:
    row = dict(small_bundle.rows[0])
    missing = live.post(rows_body([{key: value for key, value in row.items() if key != "sepal_width"}]))
    assert (missing.status, missing.error["field"]) == (422, "sepal_width")
    further = live.post(rows_body([{**row, "colour": "red"}]))
    assert (further.status, further.error["field"]) == (422, "colour")
    row["sepal_Width"] = row.pop("sepal_width")
    renamed = live.post(rows_body([row]))
    assert (renamed.status, renamed.error["field"]) == (422, "sepal_width")


def test_v_01_too_many_rows_are_refused(live: LiveApp) -> None:
    for many in (10_001, 1_000_000):
        response = live.post(b'{"rows": [' + b",".join([b"{}"] * many) + b"]}")
        assert (response.status, response.error["field"]) == (413, "rows")


def test_v_01_a_body_too_large_is_refused_whether_its_length_is_said_or_not(live: LiveApp) -> None:
    said = live.post(b" " * (20 * 1024 * 1024))
    assert (said.status, said.error["code"]) == (413, "too_large")
    with RawClient(live.port) as client:
        client.send(request(live.port, headers={"content-length": None, "transfer-encoding": "chunked"}))
        part = b"10000\r\n" + b" " * 65536 + b"\r\n"
        for _ in range(300):
            client.send(part)
        assert client.answer().status == 413


def test_a_client_that_waits_for_leave_gets_none_for_a_body_too_large(live: LiveApp) -> None:
    with RawClient(live.port) as client:
        client.send(request(live.port, headers={"content-length": str(10**9), "expect": "100-continue"}))
        assert client.answer().status == 413
        assert client.read() is None


@pytest.mark.parametrize(
    "headers",
    [
        b"content-length: 2\r\ntransfer-encoding: chunked\r\n",
        b"content-length: 2\r\ncontent-length: 3\r\n",
        b"content-length: -1\r\n",
        b"transfer-encoding: gzip\r\n",
        b"content-length: 2\r\nauthorization: Bearer other\r\n",
        b"content-length: 2\r\nhost: evil.example\r\n",
        b"content-length: 2\r\ncontent-type: text/plain\r\n",
        b"content-length: 2\r\nno colon here\r\n",
        b"content-length: 2\r\n folded: x\r\n",
    ],
)
def test_conflicting_headers_are_refused_and_the_connection_ended(live: LiveApp, headers: bytes) -> None:
    known = f"host: 127.0.0.1:{live.port}\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/json\r\n"
    with RawClient(live.port) as client:
        client.send(b"POST /predict HTTP/1.1\r\n" + known.encode() + headers + b"\r\n{}")
        response = client.answer()
        assert response.status in (400, 501)
        assert set(response.error) >= {"code", "message"}
        assert client.read() is None


@pytest.mark.parametrize("data", [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/9.9\r\n\r\n", b"A" * 70_000, b"\r\n\r\n\0"])
def test_what_is_not_http_is_refused(live: LiveApp, data: bytes) -> None:
    with RawClient(live.port) as client:
        client.send(data)
        response = client.read()
        assert response is None or 400 <= response.status < 500
    assert live.ask(request(live.port, "GET", "/health")).status == 200


def test_a_slow_body_is_given_up(small_model: Model, tmp_path: Path) -> None:
    with live_app(small_model, tmp_path, Limits(body_seconds=0.2)) as live, RawClient(live.port) as client:
        client.send(request(live.port, headers={"content-length": "100"}) + b"{")
        response = client.answer()
        assert (response.status, response.headers["connection"]) == (408, "close")


def test_a_client_that_leaves_in_the_middle_harms_nobody(live: LiveApp, small_bundle: SmallBundle) -> None:
    with RawClient(live.port) as client:
        client.send(request(live.port, headers={"content-length": "100"}) + b"{")
    assert live.post(rows_body(small_bundle.rows[:1])).status == 200


# --- what goes wrong on our side --------------------------------------------------------------------------------------


class _Stub:
    """A model that does what the test says."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.go_on = threading.Event()
        self.error: Exception | None = None

    def predict_rows(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.started.set()
        self.go_on.wait(20)
        if self.error is not None:
            raise self.error
        return [{"prediction": float("nan")} if row else {"prediction": 1} for row in rows]


def test_a_failing_model_is_logged_and_never_shown(tmp_path: Path) -> None:
    stub = _Stub()
    stub.go_on.set()
    stub.error = RuntimeError("secret of the inside\npostgresql://ada:canary@db/flights refused")
    with live_app(stub, tmp_path) as live:
        response = live.post(rows_body([{}]))
        assert (response.status, response.error["code"]) == (500, "model_failed")
        assert "secret" not in json.dumps(response.content)
        [record] = live.records()
        assert (record["event"], record["level"]) == ("error", "error")
        assert "secret of the inside" in record["message"]
        assert "in predict_rows" in record["details"]
        assert "canary" not in json.dumps(record)
        assert live.app.counts.errors == 1


def test_an_answer_that_is_no_number_is_our_error(tmp_path: Path) -> None:
    stub = _Stub()
    stub.go_on.set()
    with live_app(stub, tmp_path) as live:
        assert live.post(rows_body([{"a": 1}])).status == 500
        assert live.post(rows_body([{}])).content["predictions"] == [{"prediction": 1}]


def test_health_answers_while_the_model_computes(tmp_path: Path) -> None:
    stub = _Stub()
    with live_app(stub, tmp_path) as live, RawClient(live.port) as client:
        client.send(request(live.port, body=rows_body([{}])))
        assert stub.started.wait(20)
        started = time.monotonic()
        assert live.ask(request(live.port, "GET", "/health")).status == 200
        assert time.monotonic() - started < 5
        stub.go_on.set()
        assert client.answer().status == 200


def test_too_many_waiting_requests_are_told_so(tmp_path: Path) -> None:
    stub = _Stub()
    with live_app(stub, tmp_path, Limits(at_once=1, wait_seconds=0.1)) as live, RawClient(live.port) as client:
        client.send(request(live.port, body=rows_body([{}])))
        assert stub.started.wait(20)
        assert live.post(rows_body([{}])).status == 503
        stub.go_on.set()
        assert client.answer().status == 200


def test_r_05_refusals_are_one_record_each_and_few_when_they_come_in_masses(live: LiveApp) -> None:
    path = "/a%0Ab\x7f{}%s".replace("\x7f", "%1B")
    for _ in range(60):
        live.ask(request(live.port, "GET", path, headers={"authorization": None}))
    records = live.records()
    assert 20 <= len(records) <= 40
    assert {record["event"] for record in records} == {"refused"}
    assert records[0]["path"] == "/a\nb\x1b{}%s"
    assert TOKEN not in live.log.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a file that is always full is Linux's")
def test_v_04_a_full_disk_stops_no_answer(small_model: Model, small_bundle: SmallBundle, tmp_path: Path) -> None:
    (tmp_path / "serving.log").symlink_to("/dev/full")
    with live_app(small_model, tmp_path) as live:
        assert live.post(b"{").status == 400
        assert live.post(rows_body(small_bundle.rows)).content["predictions"] == small_bundle.answers
