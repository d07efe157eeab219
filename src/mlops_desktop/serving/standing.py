"""What a server in a container was told last, kept in the endpoint's folder: after a restart it stands so again."""

from __future__ import annotations

import json
import os
from pathlib import Path


class Standing:
    """Whether it accepts, and the token it asks for; read once, written at each change and forced to disk."""

    def __init__(self, path: Path, token_sha256: str) -> None:
        self._path = path
        self.accepts = False
        self.token_sha256 = token_sha256
        self._read()

    def set(self, *, accepts: bool | None = None, token_sha256: str | None = None) -> None:
        """Raises OSError, and then stands as before."""
        wanted = (
            self.accepts if accepts is None else accepts,
            self.token_sha256 if token_sha256 is None else token_sha256,
        )
        if wanted != (self.accepts, self.token_sha256):
            self._write(*wanted)
            self.accepts, self.token_sha256 = wanted

    def _read(self) -> None:
        """A file that cannot be read counts as none: then it waits to be told."""
        try:
            content = json.loads(self._path.read_text("ascii"))
        except (OSError, ValueError):
            return
        if isinstance(content, dict) and isinstance(content.get("token_sha256"), str):
            self.accepts = content.get("accepts") is True
            self.token_sha256 = content["token_sha256"]

    def _write(self, accepts: bool, token_sha256: str) -> None:
        draft = self._path.with_name(f"{self._path.name}.new")
        content = json.dumps({"accepts": accepts, "token_sha256": token_sha256})
        with draft.open("w", encoding="ascii") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
