"""Loopback tokens in a file that only this user can read. Values never show in a repr, an error or a log."""

from __future__ import annotations

import json
import os
from pathlib import Path

from mlops_desktop.domain.errors import WorkspaceError
from mlops_desktop.storage.disk import disk_failures
from mlops_desktop.storage.durable import make_folders, write_bytes

FILE_NAME = "secrets.json"
_LOCK_SECONDS = 10.0


class FileSecretStore:
    """Secrets by name in `state_folder`, outside the workspace; safe to use from several processes."""

    def __init__(self, state_folder: Path) -> None:
        self._folder = state_folder
        self._file = state_folder / FILE_NAME

    def get(self, name: str) -> str | None:
        return self._read().get(name)

    def set(self, name: str, value: str) -> None:
        self._change(name, value)

    def remove(self, name: str) -> None:
        """Nothing happens, and nothing is written, where there is none."""
        if name in self._read():
            self._change(name, None)

    def _change(self, name: str, value: str | None) -> None:
        from filelock import FileLock, Timeout

        with disk_failures(self._folder):
            make_folders(self._folder, 0o700)
            if os.name != "nt":
                self._folder.chmod(0o700)
            try:
                with FileLock(f"{self._file}.lock", timeout=_LOCK_SECONDS, mode=0o600, poll_interval=0.005):
                    secrets = self._read()
                    if value is None:
                        secrets.pop(name, None)
                    else:
                        secrets[name] = value
                    write_bytes(self._file, json.dumps(secrets).encode("ascii"), mode=0o600)
            except Timeout as error:
                raise WorkspaceError(
                    f"Another process has held {self._file} for too long.", hint="Try again in a moment."
                ) from error

    def _read(self) -> dict[str, str]:
        with disk_failures(self._folder):
            try:
                content = self._file.read_bytes()
            except FileNotFoundError:
                return {}
            if os.name != "nt" and self._file.stat().st_mode & 0o077:
                self._file.chmod(0o600)
        try:
            secrets = json.loads(content)
        except ValueError:
            secrets = None
        if not isinstance(secrets, dict) or not all(isinstance(value, str) for value in secrets.values()):
            # no `from`: the parser's error would carry the file's text
            raise WorkspaceError(
                f"The file {self._file} is damaged.", hint="Delete it, then rotate the tokens of your endpoints."
            )
        return secrets
