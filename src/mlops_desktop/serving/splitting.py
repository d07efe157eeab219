"""A share of an endpoint's connections for a second version: they are accepted here and handed to its server."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path
from typing import Any, Final

from mlops_desktop.serving.admin_client import ControlError, ask

_SECONDS: Final = 0.5
_MARGIN: Final = 0.2
"""Before our patience ends, the other one does not take a connection any more: it would be answered twice."""
_REST_SECONDS: Final = 5.0
"""After it could not take one, so that few clients wait for a server that is frozen or gone."""


class Split:
    """`share` of the connections, 0 to 1, spread evenly. What cannot be handed is answered here: none is lost."""

    def __init__(self, to: Path, share: float) -> None:
        self.to = to
        self.share = share
        self.handed = 0
        self.kept = 0
        """Connections that were due to the other one, but could not be handed."""
        self._due = 0.0
        self._rests_until = 0.0

    def is_due(self) -> bool:
        """Whether the next connection is the other one's."""
        self._due += self.share
        if self._due < 1.0:
            return False
        self._due -= 1.0
        return True

    async def hand(self, connection: socket.socket) -> bool:
        """Whether the other server has it now."""
        now = time.monotonic()
        if now < self._rests_until:
            self.kept += 1
            return False
        # The clock is that of the machine, which both servers share.
        until = str(now + _SECONDS - _MARGIN)
        try:
            await asyncio.to_thread(ask, self.to, "take", seconds=_SECONDS, handed=connection, until=until)
        except ControlError:
            self.kept += 1
            self._rests_until = time.monotonic() + _REST_SECONDS
            return False
        self.handed += 1
        return True

    def summary(self) -> dict[str, Any]:
        return {"to": self.to.name, "share": self.share, "handed": self.handed, "kept": self.kept}
