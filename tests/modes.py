"""Files' modes bind the superuser too, while a test wants it."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

_VERSION_3 = 0x20080522
_PASSES_OVER_MODES = (1 << 1) | (1 << 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH (capabilities(7))."""


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]  # noqa: RUF012


class _Sets(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]  # noqa: RUF012


@contextlib.contextmanager
def bound_by_modes() -> Iterator[None]:
    """Inside, this thread may open only what modes allow; for anybody but the superuser that is so anyway."""
    if os.name == "nt" or os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, before, after = _Header(_VERSION_3, 0), (_Sets * 2)(), (_Sets * 2)()
    for sets in (before, after):
        _must(libc.capget(ctypes.byref(header), ctypes.byref(sets)))
    after[0].effective &= ~_PASSES_OVER_MODES
    _must(libc.capset(ctypes.byref(header), ctypes.byref(after)))
    try:
        yield
    finally:
        _must(libc.capset(ctypes.byref(header), ctypes.byref(before)))


def _must(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
