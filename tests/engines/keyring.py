"""A keyring of the tests' own: GNOME's, on a bus of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PASSWORD = "test-pass"
_SESSION = (
    'printf %s "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1; '
    'unset KEYRING_PASSWORD; exec "$0" "$@"'
)


class Keyring:
    """What is stored stays in `folder` from session to session, encrypted with the password of the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("run", "data"):
            (folder / name).mkdir(mode=0o700)

    def ask(self, program: Path, orders: Sequence[Sequence[str]], *, password: str = PASSWORD) -> list[Any]:
        """Runs our program in a new session whose keyring is opened with that password, and gives what it answers."""
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],  # by which a test's processes are known
            "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT))),
            "KEYRING_PASSWORD": password,
        }
        done = subprocess.run(
            ["dbus-run-session", "--", "sh", "-c", _SESSION, sys.executable, "-W", "error", str(program)],
            input=json.dumps(orders),
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]
