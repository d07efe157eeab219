"""A client outside the program: `python steady_client.py URL ROW`, the token and later any line on standard input.

Asks 50 times a second, in turn over a kept connection and over a new one, and prints what came back when it is stopped.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

address = urlsplit(sys.argv[1]).netloc
body = json.dumps({"rows": [json.loads(sys.argv[2])]})
token = sys.stdin.readline().strip()
stop = threading.Event()


def wait_for_stop() -> None:
    sys.stdin.readline()
    stop.set()


threading.Thread(target=wait_for_stop, daemon=True).start()

headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
kept = http.client.HTTPConnection(address, timeout=30)
answers = 0
models: dict[str, int] = {}
failed: list[str] = []
due = time.monotonic()
while not stop.is_set():
    due = max(due + 0.02, time.monotonic() - 1)
    time.sleep(max(0.0, due - time.monotonic()))
    use_kept = answers % 2 == 0
    connection = kept if use_kept else http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("POST", "/predict", body, headers)
        response = connection.getresponse()
        answer = json.load(response)
        if response.status == http.client.OK:
            models[answer["model"]] = models.get(answer["model"], 0) + 1
        else:
            failed.append(f"{response.status} {answer}")
    except (OSError, http.client.HTTPException, ValueError) as error:
        failed.append(f"{'kept' if use_kept else 'new'} connection: {error!r}")
        connection.close()
    answers += 1
    if not use_kept:
        connection.close()
json.dump({"answers": answers, "models": models, "failed": failed}, sys.stdout)
