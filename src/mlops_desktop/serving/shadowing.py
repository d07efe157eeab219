"""A second version that is asked what was asked here; its answers are compared and recorded, and nobody gets them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from mlops_desktop.serving.admin_client import ControlError, ask
from mlops_desktop.serving.log import ServingLog

_WAITING: Final = 64
_MOST_ROWS: Final = 20
"""Of a request; the first ones."""
_LONGEST: Final = 48 * 1024
_SECONDS: Final = 10.0

Answers = Sequence[Mapping[str, Any]]


class Shadow:
    """`share` of the requests, 0 to 1, is asked again, one after the other; what would have to wait is skipped."""

    def __init__(self, to: Path, share: float, log: ServingLog) -> None:
        self.to = to
        self.share = share
        self._log = log
        self._due = 0.0
        self._queue: asyncio.Queue[tuple[str, Answers]] = asyncio.Queue(_WAITING)
        self._seconds: deque[float] = deque(maxlen=1000)
        self.asked = self.failed = self.skipped = self.rows = self.same = 0
        self._differences = 0.0
        self._largest = 0.0
        self._task = asyncio.get_running_loop().create_task(self._work())

    def offer(self, rows: Sequence[Mapping[str, Any]], answers: Answers) -> None:
        """Returns at once, whatever the other server does."""
        self._due += self.share
        if self._due < 1.0:
            return
        self._due -= 1.0
        text = json.dumps(list(rows[:_MOST_ROWS]))
        if len(text) > _LONGEST:
            self.skipped += 1
            return
        try:
            self._queue.put_nowait((text, answers[:_MOST_ROWS]))
        except asyncio.QueueFull:
            self.skipped += 1

    async def _work(self) -> None:
        while True:
            text, answers = await self._queue.get()
            self.asked += 1
            started = time.perf_counter()
            try:
                said = await asyncio.to_thread(ask, self.to, "predict", seconds=_SECONDS, rows=text)
                others = said["predictions"]
                differences = [difference(mine, other) for mine, other in zip(answers, others, strict=True)]
            except (ControlError, KeyError, ValueError, TypeError) as error:
                self.failed += 1
                self._log.write("shadow", level="warning", message=f"it did not answer: {error}")
                continue
            self._note(answers, others, differences, time.perf_counter() - started)

    def _note(self, answers: Answers, others: Answers, differences: Sequence[float], seconds: float) -> None:
        same = sum(is_same(mine, other) for mine, other in zip(answers, others, strict=True))
        self.rows += len(differences)
        self.same += same
        self._differences += sum(differences)
        self._largest = max(self._largest, *differences) if differences else self._largest
        self._seconds.append(seconds)
        self._log.write(
            "shadow", rows=len(differences), same=same, largest_difference=max(differences, default=0.0),
            ms=round(1000 * seconds, 3), answers=[other.get("prediction") for other in others],
        )  # fmt: skip

    def summary(self) -> dict[str, Any]:
        ordered = sorted(self._seconds)
        return {
            "to": self.to.name,
            "share": self.share,
            "asked": self.asked,
            "failed": self.failed,
            "skipped": self.skipped,
            "rows": self.rows,
            "same": self.same,
            "mean_difference": self._differences / self.rows if self.rows else 0.0,
            "largest_difference": self._largest,
            "p50_ms": round(1000 * ordered[len(ordered) // 2], 3) if ordered else 0.0,
        }

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


def is_same(mine: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    one, two = mine.get("prediction"), other.get("prediction")
    if isinstance(one, float | int) and isinstance(two, float | int):
        return math.isclose(one, two, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == two)


def difference(mine: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """The largest difference of a probability, else that of the numbers, else 0 or 1."""
    chances, others = mine.get("probabilities"), other.get("probabilities")
    if isinstance(chances, Mapping) and isinstance(others, Mapping):
        return max(
            (abs(chances.get(label, 0.0) - others.get(label, 0.0)) for label in {*chances, *others}), default=0.0
        )
    one, two = mine.get("prediction"), other.get("prediction")
    if isinstance(one, float | int) and isinstance(two, float | int):
        return abs(one - two)
    return 0.0 if one == two else 1.0
