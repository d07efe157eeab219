"""What was given for this session goes to the keeper that is started: in its environment, not on its command line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from mlops_desktop import bootstrap
from mlops_desktop.storage.credentials import CredentialStore, KeyringSecretStore

CANARY = "canary-3b1d-password"


def test_a_keeper_gets_what_is_kept_for_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[Any, dict[str, str]]] = []

    class Started:
        def __init__(self, command: Any, *, env: dict[str, str], **_: Any) -> None:
            started.append((command, env))

        def wait(self, timeout: float) -> int:
            return 0

    credentials = CredentialStore(KeyringSecretStore("ours"))
    credentials.keep_for_session("registry-gpu-box", CANARY)
    monkeypatch.setenv("OF_THE_PERSON", "yes")
    monkeypatch.setattr(subprocess, "Popen", Started)
    assert bootstrap.KeeperStarter(tmp_path, credentials.for_keeper)()
    ((command, environment),) = started
    assert environment["MLOPS_SECRET_REGISTRY_GPU_BOX"] == CANARY
    assert environment["OF_THE_PERSON"] == "yes"
    assert CANARY not in str(command)
