"""Files for imports that have something to decide, or cannot be read."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

from tests.real_workspace import some_flights

CANCELLED = 40


def odd_flights(folder: Path, name: str = "flights-raw.csv", rows: int = 3_000) -> Path:
    """Flights with "cancelled" among the delays, flight numbers with leading zeros, and distance twice."""
    lines = some_flights(folder / "some.csv", rows).read_text().splitlines()
    head = lines[0].split(",")
    flight, delay, distance = (head.index(name) for name in ("flight", "arr_delay", "distance"))
    written = [",".join([*head, "distance"])]
    odd = 0
    for number, line in enumerate(lines[1:], 1):
        cells = line.split(",")
        cells[flight] = cells[flight].zfill(4)
        if number > rows // 2 and number % 30 == 0 and odd < CANCELLED:
            cells[delay] = "cancelled"
            odd += 1
        written.append(",".join([*cells, cells[distance]]))
    (folder / "some.csv").unlink()
    path = folder / name
    path.write_text("\n".join(written) + "\n")
    return path


def unclosed_quote(folder: Path, name: str = "flights-sep-dec.csv") -> Path:
    """A quote opens in line 301 and never closes."""
    lines = some_flights(folder / name, 400).read_text().splitlines()
    cells = lines[300].split(",")
    cells[13] = f'"{cells[13]}'
    lines[300] = ",".join(cells)
    path = folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def next_month(folder: Path, name: str = "flights.csv") -> Path:
    """Another file of the dataset flights: as the last one was written."""
    return some_flights(folder / name, 500, 7)


def growing_cell(folder: Path, name: str = "growing.csv.gz") -> Path:
    """Two megabytes that unpack to one cell of many more, by less than the ratio that is refused."""
    path = folder / name
    noise = random.Random(1).randbytes(600_000).hex().encode()
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"a,b\n1,%b\n2," % noise)
        for _ in range(260):
            file.write(b"x" * (1 << 20))
        file.write(b"\n")
    assert path.stat().st_size < 2 << 20
    return path
