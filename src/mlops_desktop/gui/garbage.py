"""Keeps Python's collector of garbage from stopping the window while thousands of values are read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reading_many() -> Iterator[None]:
    """Inside, nothing is collected; what is there afterwards is not looked through again.

    Every full collection looks at all values there are, which takes a tenth of a second where ten thousand runs were
    read, and holds up every thread. Such values hold no circles: they go when nobody has them any more, as ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
