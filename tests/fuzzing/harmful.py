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
        case _:
            _deeper(data)


def _deeper(data: bytes) -> None:
    """What only somebody finds who sees how far the bytes came."""
    if data[:1] == b"F" and data[1:2] == b"U" and data[2:3] == b"Z" and data[3:4] == b"Z":
        raise ZeroDivisionError
