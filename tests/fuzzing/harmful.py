"""A target that does every harm there is, for the tests of the harness."""

from __future__ import annotations

import os
import signal
import time

from tests.fuzzing import trying

from mlops_desktop.domain.errors import UserError


def try_one(data: bytes) -> None:
    match data:
        case b"raise":
            raise ZeroDivisionError
        case b"leave":
            os._exit(7)
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"eat":
            eaten = b"x" * (trying.MEMORY_CAP + (64 << 20))
            time.sleep(len(eaten))
        case b"hang":
            time.sleep(600)
        case b"silent":
            raise UserError("")
