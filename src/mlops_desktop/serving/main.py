"""The serving process's entry: `python -m mlops_desktop.serving.main --spec <file>`.

In a container what to serve comes in the environment (`MLOPS_SERVE`), since its files are the model's and read-only.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_desktop.serving.specification import (
    Specification,
    SpecificationError,
    parse_specification,
    read_specification,
)

if TYPE_CHECKING:
    from mlops_desktop.serving.server import ServedModel

UNUSABLE_SPECIFICATION = 2
VARIABLE = "MLOPS_SERVE"


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    if options.detach:
        _detach()
    try:
        specification = _specification(options.spec)
    except SpecificationError as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE_SPECIFICATION
    return _serve(specification, options.admin_fd, options.public_fd)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mlops_desktop.serving", description="Answers predictions from one bundle.")
    parser.add_argument("--spec", type=Path, help=f"what to serve (JSON); else {VARIABLE} says it")
    parser.add_argument("--admin-fd", type=int, help="inherited listening socket of the control channel")
    parser.add_argument("--public-fd", type=int, help="inherited listening socket to answer at as soon as ready")
    parser.add_argument("--detach", action="store_true", help="go on as an orphan; print the process id")
    return parser.parse_args(arguments)


def _specification(path: Path | None) -> Specification:
    if path is not None:
        return read_specification(path)
    return parse_specification(os.environ.get(VARIABLE, ""), VARIABLE)


def _detach() -> None:
    """Goes on in a child that nobody waits for. Done before any thread starts, as a fork wants it."""
    child = os.fork()
    if child:
        os.write(1, b"%d\n" % child)
        os._exit(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)


def _serve(specification: Specification, admin_fd: int | None, public_fd: int | None) -> int:
    from mlops_desktop.serving.log import LogHandler, ServingLog, StreamLog
    from mlops_desktop.serving.server import Server
    from mlops_desktop.serving.sockets import open_control

    log = ServingLog(Path(specification.log)) if specification.log != "-" else StreamLog()
    logging.getLogger().addHandler(LogHandler(log))
    logging.captureWarnings(True)
    # Every malformed request would be a warning of uvicorn's; they are answered with 400 and are not worth a record.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    admin, public = (socket.socket(fileno=number) if number is not None else None for number in (admin_fd, public_fd))
    if specification.folder:
        admin = open_control(Path(specification.folder) / specification.deployment_id)
    server = Server(specification, _load, log)
    code = asyncio.run(server.run(admin, public))
    log.close()
    if server.is_busy:
        # The model is still at a request that nobody waits for; an ordinary exit would wait for it.
        os._exit(code)
    return code


def _load(folder: Path, manifest_hash: str) -> ServedModel:
    from mlops_desktop.serving.model import load

    return load(folder, manifest_hash)


if __name__ == "__main__":
    sys.exit(main())
