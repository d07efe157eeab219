"""A keyring in memory, which can be away."""

from __future__ import annotations

from mlops_desktop.domain.errors import KeyringUnavailableError


class FakeCredentials:
    """`kept` is what is in the keyring; `is_there` False is a computer without one."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.session: dict[str, str] = {}
        self.is_there = True

    def get(self, name: str) -> str | None:
        if name in self.session:
            return self.session[name]
        self._require()
        return self.kept.get(name)

    def set(self, name: str, value: str) -> None:
        self._require()
        self.kept[name] = value
        self.session.pop(name, None)

    def keep_for_session(self, name: str, value: str) -> None:
        self.session[name] = value

    def remove(self, name: str) -> None:
        self.session.pop(name, None)
        self._require()
        self.kept.pop(name, None)

    def variable(self, name: str) -> str:
        return f"MLOPS_SECRET_{name.upper().replace('-', '_')}"

    def _require(self) -> None:
        if not self.is_there:
            raise KeyringUnavailableError("There is no keyring to keep the password in.", hint="Start one.")
