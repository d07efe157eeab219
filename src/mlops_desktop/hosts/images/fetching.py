"""Wheels fetched for another Python or processor by pip, from wherever the person's pip fetches."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.kept import remove_abandoned
from mlops_desktop.hosts.images.targets import Target
from mlops_desktop.hosts.images.wheels import keep_wheel

Report = Callable[[str, int, int], None]
"""Told what is being done, and the bytes done and in all (0 where nobody knows). What it raises ends the work."""

PIP: Final = (sys.executable, "-P", "-m", "pip")
_DRAFT: Final = ".fetch-"
_LONGEST: Final = 1800.0
_BETWEEN_REPORTS: Final = 0.2
_KEPT: Final = re.compile(
    r"PATH|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|SYSTEMROOT|XDG_CONFIG_(HOME|DIRS)|LD_LIBRARY_PATH"
    r"|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|CONFIG_FILE|CERT|CLIENT_CERT|PROXY|TRUSTED_HOST"
    r"|DEFAULT_TIMEOUT|KEYRING_PROVIDER)",
    re.IGNORECASE,
)
"""What pip is told of this computer: where it may fetch and how it gets there, and nothing else."""
_CUT_OFF: Final = re.compile(
    r"NewConnectionError|NameResolutionError|Failed to establish|Max retries|Temporary failure in name resolution"
    r"|getaddrinfo|Network is unreachable|Connection refused|ConnectTimeout|ReadTimeout|ProxyError|SSLError"
    r"|ConnectionResetError|RemoteDisconnected|IncompleteRead"
)
_NOT_THERE: Final = re.compile(
    r"No matching distribution found for (\S+)|Could not find a version .*?requirement (\S+)"
)
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]+@")


def fetch_wheels(wanted: Sequence[str], target: Target, folder: Path, report: Report) -> None:
    """Fetches a wheel for each of the wanted (`name==1.0`, `name>=1`), without what it needs itself, into `folder`.

    Raises DeploymentError: no such wheel, no network, no pip; and what `report` raises.
    """
    remove_abandoned(folder, _DRAFT)
    with tempfile.TemporaryDirectory(prefix=_DRAFT, dir=folder) as place:
        fetched, temporary = Path(place, "fetched"), Path(place, "tmp")
        fetched.mkdir()
        temporary.mkdir()
        sentence = f"Fetching {_listed(wanted)}"
        _run(_arguments(wanted, target, fetched), temporary, target, folder, lambda: report(sentence, _size(place), 0))
        for file in sorted(fetched.glob("*.whl")):
            keep_wheel(file, folder)


def _arguments(wanted: Sequence[str], target: Target, fetched: Path) -> list[str]:
    interpreter = f"{target.python[0]}{target.python[1]}"
    return [
        *PIP,
        "download",
        "--only-binary=:all:",
        "--no-deps",
        "--no-cache-dir",
        "--progress-bar=off",
        "--retries=2",
        "--implementation=cp",
        f"--python-version={target.version}",
        f"--abi=cp{interpreter}",
        *(f"--platform={platform}" for platform in target.platforms()),
        f"--dest={fetched}",
        "--",
        *wanted,
    ]


def _run(arguments: list[str], temporary: Path, target: Target, folder: Path, tell: Callable[[], None]) -> None:
    """Runs pip to its end, telling while it works."""
    environment = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    environment |= {"TMPDIR": str(temporary), "TEMP": str(temporary), "PIP_NO_INPUT": "1", "LC_ALL": "C.UTF-8"}
    environment |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    end = time.monotonic() + _LONGEST
    with (temporary.parent / "output").open("w+b") as output:
        process = subprocess.Popen(
            arguments, cwd=temporary, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            while not _has_ended(process):
                tell()
                if time.monotonic() > end:
                    raise DeploymentError("Fetching the libraries took more than half an hour.", hint="Try again.")
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            output.seek(0)
            raise _translated(output.read().decode("utf-8", "replace"), target, folder)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_BETWEEN_REPORTS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _translated(output: str, target: Target, folder: Path) -> DeploymentError:
    details = _CREDENTIALS.sub("***@", "\n".join(output.splitlines()[-20:]))
    by_hand = f"put the wheels for {target} into {folder}"
    if "No module named pip" in output:
        return DeploymentError(
            "The libraries of the image cannot be fetched: this Python has no pip.",
            hint=f"Install pip (python -m ensurepip), or {by_hand}.",
            details=details,
        )
    if _CUT_OFF.search(output):
        return DeploymentError(
            "The libraries of the image cannot be fetched: the package index cannot be reached.",
            hint=f"Connect this computer and see to pip's settings, or {by_hand}.",
            details=details,
        )
    if missing := _NOT_THERE.search(output):
        return DeploymentError(
            f"There is no wheel of {missing[1] or missing[2]} for {target}.",
            hint=f"Choose a base image with another Python, or build one yourself: {by_hand}.",
            details=details,
        )
    return DeploymentError(
        "The libraries of the image cannot be fetched: pip failed.",
        hint=f"The details say what pip said. Without it, {by_hand}.",
        details=details,
    )


def _size(folder: str) -> int:
    """Bytes of what lies there by now; what goes away meanwhile counts nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _listed(wanted: Sequence[str]) -> str:
    first = ", ".join(wanted[:2])
    return first if len(wanted) <= 2 else f"{first} and {len(wanted) - 2} more"
