"""An outside client as a program of its own: asks at a steady rate on kept and on new connections, counts failures.

It begins when it has said "ready", ends when its input ends, and then prints what it saw as one line of JSON.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from typing import Any


def ask_on(address: str, token: str, body: bytes, every: float, keep: bool, stop: threading.Event, seen: Any) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection: http.client.HTTPConnection | None = None
    due = time.monotonic()
    while not stop.is_set():
        connection = connection or http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request("POST", "/predict", body, headers)
            response = connection.getresponse()
            content = json.loads(response.read())
            if response.status == 200:
                seen["models"].append(content["model"])
            else:
                seen["failures"].append(f"{response.status} {content}")
            again = keep and not response.will_close
        except (OSError, http.client.HTTPException, ValueError) as error:
            seen["failures"].append(f"{'kept' if keep else 'new'}: {error!r}")
            again = False
        if not again:
            connection.close()
            connection = None
        due += every
        stop.wait(max(due - time.monotonic(), 0))
    if connection is not None:
        connection.close()


def main(address: str, token: str, body: bytes, rate: float) -> None:
    stop = threading.Event()
    seen: dict[str, list[str]] = {"models": [], "failures": []}
    threads = [
        threading.Thread(target=ask_on, args=(address, token, body, 4 / rate, index % 2 == 0, stop, seen))
        for index in range(4)
    ]
    for thread in threads:
        thread.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    changes = sum(one != other for one, other in zip(seen["models"], seen["models"][1:], strict=False))
    counts = {model: seen["models"].count(model) for model in set(seen["models"])}
    sys.stdout.write(json.dumps({"answers": counts, "changes": changes, "failures": seen["failures"]}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3].encode(), float(sys.argv[4]))
