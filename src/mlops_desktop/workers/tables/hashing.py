"""Rows and columns of stored tables as numbers of 128 bits, so that they can be counted and compared cheaply."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.workers.tables.frames import type_of
from mlops_desktop.workers.tables.profiling import columns_in_groups

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

_SEEDS = (11, 47)


def row_hashes(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Two 64-bit numbers per row, in columns "0" and "1", whatever the columns' order.

    Equal rows have equal ones; that different rows have equal ones takes a chance of one in 2**128.
    """
    import polars as pl

    wanted = None if columns is None else set(columns)
    totals: list[Hashes] = []
    for group in columns_in_groups(path):
        for values in group:
            if wanted is not None and values.name not in wanted:
                continue
            hashes = value_hashes(values)
            totals = [total + new for total, new in zip(totals, hashes, strict=True)] if totals else hashes
    return pl.DataFrame({str(position): total for position, total in enumerate(totals)})


def value_hashes(values: pl.Series) -> list[Hashes]:
    """Two independent hashes of every value; the name of its column is part of it."""
    import numpy as np
    import polars as pl

    if type_of(values.dtype).is_temporal:
        values = values.cast(pl.Datetime("us")).to_physical()
    found = []
    for seed in _SEEDS:
        salt = int.from_bytes(hashlib.sha256(f"{seed} {values.name}".encode()).digest()[:8], "big")
        found.append(_stirred(values.hash(seed).to_numpy() ^ np.uint64(salt)))
    return found


def column_sums(values: pl.Series) -> tuple[int, int]:
    """The same for two columns holding the same values, whatever their order."""
    import numpy as np

    first, second = (int(np.add.reduce(hashes, dtype=np.uint64)) for hashes in value_hashes(values))
    return first, second


def _stirred(hashes: Hashes) -> Hashes:
    """Every bit depends on every bit, so that sums of hashes keep rows apart (the last step of splitmix64)."""
    import numpy as np

    stirred = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    stirred = (stirred ^ (stirred >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: Hashes = stirred ^ (stirred >> np.uint64(31))
    return result
