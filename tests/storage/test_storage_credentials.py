"""R-06: what opens something beyond this computer lies in a real keyring, or in memory, or nowhere."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked
from tests.engines.keyring import Keyring

from mlops_desktop.domain.errors import KeyringUnavailableError
from mlops_desktop.storage import credentials
from mlops_desktop.storage.credentials import CredentialStore, KeyringSecretStore, find_keyring

CANARY = "canary-9c2e-passwörd"
NAME = "registry-gpu-box"
ASKER = Path(__file__).with_name("keyring_asker.py")


class InMemory(KeyringBackend):
    """`priority` is that of a backend which nobody wants, so that the library does not choose it by itself."""

    priority = -1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Plaintext(InMemory):
    """A backend as some packages bring it: better than all others, as it says of itself."""

    priority = 100


class Stubborn(InMemory):
    """Waits as long as nobody answers its window."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        value = super().get_password(service, username)
        self.answered.wait(20)
        return value


def store(keyring: KeyringBackend, seconds: float = 10) -> KeyringSecretStore:
    return KeyringSecretStore("ours", seconds=seconds, find=lambda: keyring)


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a server: no bus of a session, no desktop."""
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


# --- a real one -------------------------------------------------------------------------------------------------------


def test_a_secret_in_the_keyring_outlives_the_session(keyring: Keyring) -> None:
    assert keyring.ask(ASKER, [["get", NAME], ["set", NAME, CANARY], ["get", NAME]]) == [None, None, CANARY]
    assert keyring.ask(ASKER, [["get", NAME], ["get", "another"]]) == [CANARY, None]
    assert keyring.ask(ASKER, [["remove", NAME], ["remove", NAME], ["get", NAME]]) == [None, None, None]


def test_r_06_what_is_in_the_keyring_lies_in_no_file_to_read(keyring: Keyring) -> None:
    keyring.ask(ASKER, [["set", NAME, CANARY]])
    files = keyring.files()
    assert [path.suffix for path in files if path.suffix == ".keyring"]
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]


def test_r_06_a_locked_keyring_refuses_at_once(keyring: Keyring) -> None:
    keyring.ask(ASKER, [["set", NAME, CANARY]])
    locked = {"error": "The keyring is locked.", "code": "MD-SEC-001"}
    assert keyring.ask(ASKER, [["get", NAME], ["set", NAME, "new"]], password="another") == [locked, locked]
    assert keyring.ask(ASKER, [["get", NAME]]) == [CANARY]


# --- none that may be used --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_session")
def test_r_06_without_a_keyring_a_secret_is_refused_with_a_way_out() -> None:
    with pytest.raises(KeyringUnavailableError, match="no keyring") as refused:
        KeyringSecretStore("ours").set(NAME, CANARY)
    assert refused.value.hint.endswith("Or set MLOPS_SECRET_REGISTRY_GPU_BOX in the environment.")
    assert CANARY not in f"{refused.value!r}{refused.value.hint}{refused.value.details}"


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("chosen", ["keyring.backends.null.Keyring", f"{__name__}.Plaintext"])
def test_r_06_a_backend_outside_the_list_is_never_used_whoever_chose_it(
    chosen: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", chosen)
    settings = tmp_path / "config" / "python_keyring"
    settings.mkdir(parents=True)
    (settings / "keyringrc.cfg").write_text(f"[backend]\ndefault-keyring={chosen}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings.parent))
    with pytest.raises(KeyringUnavailableError):
        find_keyring()


def test_the_list_names_backends_of_the_keyring_library_that_are_there() -> None:
    for module, name in credentials.ALLOWED:
        assert issubclass(getattr(__import__(module, fromlist=[name]), name), KeyringBackend)


# --- one that waits or fails ------------------------------------------------------------------------------------------


def test_r_06_a_keyring_that_waits_for_a_person_holds_nobody_up_and_asks_once() -> None:
    keyring = Stubborn()
    asked = store(keyring, seconds=0.01)
    try:
        for _ in range(3):
            with pytest.raises(KeyringUnavailableError, match="does not answer"):
                asked.get(NAME)
        assert keyring.asked == 1
    finally:
        keyring.answered.set()


def test_a_keyring_that_was_answered_late_is_asked_again() -> None:
    keyring = Stubborn()
    keyring.kept["ours", NAME] = CANARY
    impatient = store(keyring, seconds=0.01)
    with pytest.raises(KeyringUnavailableError):
        impatient.get(NAME)
    keyring.answered.set()
    (waiting,) = [thread for thread in threading.enumerate() if thread.name == "keyring"]
    waiting.join(10)
    impatient._seconds = 10
    assert impatient.get(NAME) == CANARY


def test_what_a_keyring_says_when_it_fails_is_not_repeated() -> None:
    class Talkative(InMemory):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise RuntimeError(f"cannot store {password}")

    with pytest.raises(KeyringUnavailableError, match="refuses") as refused:
        store(Talkative()).set(NAME, CANARY)
    error = refused.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert CANARY not in f"{error!r}{error.hint}{error.details}{error.facts}"


def test_r_06_a_locked_keyring_is_said_to_be_locked() -> None:
    class Locked(InMemory):
        def get_password(self, service: str, username: str) -> str | None:
            raise KeyringLocked("Failed to unlock the collection!")

    with pytest.raises(KeyringUnavailableError, match="is locked"):
        store(Locked()).get(NAME)


# --- where a secret comes from ----------------------------------------------------------------------------------------


def test_a_variable_comes_before_the_session_and_that_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = InMemory()
    kept = CredentialStore(store(keyring))
    assert kept.get(NAME) is None
    kept.set(NAME, "of the keyring")
    assert kept.get(NAME) == "of the keyring"
    kept.keep_for_session(NAME, "of the session")
    assert kept.get(NAME) == "of the session"
    asked = keyring.asked
    monkeypatch.setenv("MLOPS_SECRET_REGISTRY_GPU_BOX", "of the environment")
    assert kept.get(NAME) == "of the environment"
    assert keyring.asked == asked
    monkeypatch.delenv("MLOPS_SECRET_REGISTRY_GPU_BOX")
    kept.remove(NAME)
    assert kept.get(NAME) is None


def test_r_06_what_is_kept_for_the_session_is_in_no_keyring_and_goes_to_the_keepers_that_are_started() -> None:
    keyring = InMemory()
    kept = CredentialStore(store(keyring))
    kept.keep_for_session(NAME, CANARY)
    assert keyring.kept == {}
    assert kept.for_keeper() == {"MLOPS_SECRET_REGISTRY_GPU_BOX": CANARY}
    assert CANARY not in repr(kept)
    kept.set(NAME, "stored")
    assert kept.for_keeper() == {}
