"""Compiles Python files to the same bytes wherever it runs: a process of its own that has imported nothing else.

What a compiled file holds depends on which texts the process knows already, so the order of the files is part of it.
Standard library alone. It reads one JSON list of [file, target, shown name] and writes a line for each that is done.
"""

from __future__ import annotations

import contextlib
import json
import py_compile
import sys


def main() -> int:
    for file, target, shown in json.load(sys.stdin):
        # Some are templates, or for another Python: nobody imports them.
        with contextlib.suppress(py_compile.PyCompileError):
            py_compile.compile(
                file, target, shown, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )
        sys.stdout.write("\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
