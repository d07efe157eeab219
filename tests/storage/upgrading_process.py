"""A process that upgrades a registry as often as it is told, each time in a child that kills itself at its Nth step.

Arguments: registry, migrations, head. Each line it reads is an N (0: none); it answers with the child's exit code and
how many steps there were. A step is a statement that SQLite is given, a rename, or an fsync.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_desktop.storage import engines, schema


class Steps:
    def __init__(self, last: int) -> None:
        self.done, self._last = 0, last

    def step(self, *_: object) -> None:
        self.done += 1
        if self.done == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def do(*arguments: Any, **named: Any) -> Any:
            self.step()
            return deed(*arguments, **named)

        return do


def upgrade(registry: Path, migrations: Path, head: str, last: int) -> int:
    steps = Steps(last)
    connect = engines.connect

    def counted(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **named)
        connection.set_trace_callback(steps.step)
        return connection

    setattr(schema, "connect", counted)  # noqa: B010
    os.fsync = steps.before(os.fsync)
    Path.replace = steps.before(Path.replace)  # type: ignore[method-assign]
    schema.bring_up_to_date(registry, program_version="2", migrations=migrations, head=head)
    return steps.done


def main() -> None:
    registry, migrations, head = sys.argv[1:]
    import alembic.command  # noqa: F401  (once, not in every child)

    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            done = upgrade(Path(registry), Path(migrations), head, int(line))
            os.write(writing, str(done).encode())
            os._exit(0)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading, "rb") as answer:
            steps = int(answer.read() or 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {steps}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
