"""A program that has an engine and a remote host with a running container each, says what they have, and waits."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.engines.session import Engines

engines = Engines()
engines.prepare()
mine = []
for engine in (engines.local(), engines.remote(1)[0]):
    with engine.client() as client:
        made = client.create_container(engine.base_image, ["sleep", "600"], volumes=["/data"])
        client.start(made)
    link = Path("/sys/class/net", engine.link, "ifindex").read_text(encoding="utf-8").strip()
    mine.append({"folder": str(engine.machine.folder), "process": engine.machine.process_id, "link": link})
sys.stdout.write(json.dumps(mine) + "\n")
sys.stdout.flush()
sys.stdin.read()
