"""Run inside a session with a keyring: asks it what comes as JSON on standard input, through our own store."""

from __future__ import annotations

import json
import sys

from mlops_desktop.domain.errors import KeyringUnavailableError
from mlops_desktop.storage.credentials import KeyringSecretStore


def main() -> None:
    store = KeyringSecretStore("mlops-desktop/test", seconds=20)
    for order in json.load(sys.stdin):
        verb, *words = order
        try:
            answer = getattr(store, verb)(*words)
        except KeyringUnavailableError as error:
            answer = {"error": error.message, "code": error.code}
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
