"""The entry: opens the window; called as a worker, a keeper or a server, becomes it before any Qt import."""

from __future__ import annotations

import sys


def main() -> int:
    """Becomes what the first argument says; without one of our words, opens the window."""
    role, *rest = sys.argv[1:] or [""]
    if role == "worker":
        from mlops_desktop.workers.worker import main as work

        return work()
    if role == "keeper":
        from mlops_desktop.keeper.main import main as keep

        return keep(rest)
    from mlops_desktop.gui.app import main as show

    return show(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
