"""Credentials that open something beyond this computer: in the person's keyring, and never in a file of ours."""

from __future__ import annotations

import importlib
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from mlops_desktop.domain.errors import KeyringUnavailableError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SECONDS: Final = 60.0
"""A keyring that is locked may ask the person, who needs time to type."""
ALLOWED: Final = (
    ("keyring.backends.SecretService", "Keyring"),
    ("keyring.backends.libsecret", "Keyring"),
    ("keyring.backends.kwallet", "DBusKeyring"),
    ("keyring.backends.macOS", "Keyring"),
    ("keyring.backends.Windows", "WinVaultKeyring"),
)
"""The only ones that are used: what the library finds or is told beyond these may be a plain file, or nothing."""
_NOT_IN_A_VARIABLE: Final = re.compile(r"[^A-Z0-9]")


def variable_of(name: str) -> str:
    """The variable of the environment that has the secret of this name where there is no keyring, as on servers."""
    return f"MLOPS_SECRET_{_NOT_IN_A_VARIABLE.sub('_', name.upper())}"


class CredentialStore:
    """A secret is taken from its variable in the environment, from what was given for this session, or from the
    keyring, in this order. Values never show in a repr, an error or a log."""

    def __init__(self, keyring: KeyringSecretStore) -> None:
        self._keyring = keyring
        self._session: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Raises KeyringUnavailableError where only the keyring could tell."""
        given = os.environ.get(variable_of(name)) or self._session.get(name)
        return given if given is not None else self._keyring.get(name)

    def set(self, name: str, value: str) -> None:
        """Puts it into the keyring. Raises KeyringUnavailableError."""
        self._keyring.set(name, value)
        self._session.pop(name, None)

    def keep_for_session(self, name: str, value: str) -> None:
        """Only in memory: of this process, and of the keepers that it starts from now on."""
        self._session[name] = value

    def remove(self, name: str) -> None:
        """Nothing happens where there is none. Raises KeyringUnavailableError."""
        self._session.pop(name, None)
        self._keyring.remove(name)

    def variable(self, name: str) -> str:
        return variable_of(name)

    def for_keeper(self) -> Mapping[str, str]:
        """What a keeper that is started now has to have in its environment."""
        return {variable_of(name): value for name, value in self._session.items()}


class KeyringSecretStore:
    """Secrets in the person's keyring, under `service`.

    Every question is asked in a thread of its own, for a keyring may open a window and wait. While one waits, no other
    is asked, so that a person sees one window and not ten.
    """

    def __init__(
        self, service: str, *, seconds: float = SECONDS, find: Callable[[], KeyringBackend] | None = None
    ) -> None:
        self._service = service
        self._seconds = seconds
        self._find = find or find_keyring
        self._lock = threading.Lock()
        self._asking: _Question | None = None

    def get(self, name: str) -> str | None:
        """Raises KeyringUnavailableError."""
        return self._ask(name, lambda keyring: keyring.get_password(self._service, name))

    def set(self, name: str, value: str) -> None:
        """Raises KeyringUnavailableError."""

        def put(keyring: KeyringBackend) -> None:
            keyring.set_password(self._service, name, value)

        self._ask(name, put)

    def remove(self, name: str) -> None:
        """Nothing happens where there is none. Raises KeyringUnavailableError."""

        def take_away(keyring: KeyringBackend) -> None:
            if keyring.get_password(self._service, name) is not None:
                keyring.delete_password(self._service, name)

        self._ask(name, take_away)

    def _ask(self, name: str, deed: Callable[[KeyringBackend], str | None]) -> str | None:
        try:
            with self._lock:
                if self._asking is not None and not self._asking.is_answered:
                    raise _silent()
                self._asking = question = _Question(self._find, deed)
                return question.answer(self._seconds)
        except KeyringUnavailableError as error:
            error.hint = f"{error.hint} Or set {variable_of(name)} in the environment."
            raise


class _Question:
    """One question to a keyring, in a thread that is left behind where it is never answered."""

    def __init__(self, find: Callable[[], KeyringBackend], deed: Callable[[KeyringBackend], str | None]) -> None:
        self._find = find
        self._deed = deed
        self._value: str | None = None
        self._trouble: Exception | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyring", daemon=True)

    @property
    def is_answered(self) -> bool:
        return self._done.is_set()

    def _run(self) -> None:
        try:
            self._value = self._deed(self._find())
        except Exception as error:  # noqa: BLE001  raised where it was asked
            self._trouble = error
        self._done.set()

    def answer(self, seconds: float) -> str | None:
        self._thread.start()
        if not self._done.wait(seconds):
            raise _silent()
        self._thread.join()
        if self._trouble is not None:
            raise _as_ours(self._trouble)
        return self._value


def find_keyring() -> KeyringBackend:
    """The best of those that are allowed and there. Raises KeyringUnavailableError."""
    found: list[KeyringBackend] = []
    for module, name in ALLOWED:
        kind: type[KeyringBackend] = getattr(importlib.import_module(module), name)
        if kind.viable:
            found.append(kind())
    if not found:
        raise KeyringUnavailableError(
            "There is no keyring to keep the password in.",
            hint="Start one (GNOME Keyring, KWallet) in your session.",
        )
    return max(found, key=lambda keyring: float(keyring.priority))


def _silent() -> KeyringUnavailableError:
    return KeyringUnavailableError(
        "The keyring does not answer.", hint="It may have opened a window that waits for you: answer it."
    )


def _as_ours(error: Exception) -> KeyringUnavailableError:
    """Without the text of a foreign error: nobody knows what is in it."""
    from keyring.errors import InitError, KeyringLocked

    if isinstance(error, KeyringUnavailableError):
        return error
    kind = type(error).__name__
    if isinstance(error, KeyringLocked | InitError) or kind in ("PromptDismissedException", "LockedException"):
        return KeyringUnavailableError("The keyring is locked.", hint="Unlock it and try again.")
    return KeyringUnavailableError(
        "The keyring refuses.", hint="Look whether it works for other programs.", details=kind
    )
