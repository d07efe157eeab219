"""pytest's side of the engines: the option and the mark, who is skipped and said so, and the fixtures.

A test that asks for `local_engine`, `remote_host`, `remote_hosts`, `image_registry` or `keyring` is marked `engines` by
that; one that gets them in another way has to carry the mark. The engines are started when the first test wants them,
live as long as the test run, and are mended and emptied after each test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter
    from tests.engines.engine import Engine, LocalEngine
    from tests.engines.image_registry import ImageRegistry
    from tests.engines.keyring import Keyring
    from tests.engines.remote_host import RemoteHost
    from tests.engines.session import Engines

MARK = "engines"
FIXTURES = {"engines", "local_engine", "remote_host", "remote_hosts", "image_registry", "keyring"}
HOW = "python3 dev.py test --engines"
REASON = f"needs Docker engines of the tests' own: {HOW}"
SESSION = pytest.StashKey["Engines"]()


def add_options(parser: pytest.Parser) -> None:
    parser.addoption("--engines", action="store_true", help="also run the tests on Docker engines of their own (root)")
    parser.addoption(
        "--skipped-engines", type=Path, help="a file that gets a line for each engine test that is skipped"
    )


def wanted(config: pytest.Config) -> bool:
    """Where this is so, an engine that cannot be had is a failure."""
    return bool(config.getoption("--engines")) or os.environ.get("CI", "").lower() in {"true", "1"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARK}: needs Docker engines of the tests' own; run by `{HOW}` and where CI=true"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(MARK)
        if item.get_closest_marker(MARK) and not wanted(config):
            item.add_marker(pytest.mark.skip(reason=REASON))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Before the first test, for a minute of making the base image is no test's time."""
    if wanted(session.config) and not session.config.getoption("collectonly"):
        _prepare(session.config, any(item.get_closest_marker(MARK) for item in session.items))


def _prepare(config: pytest.Config, needed: bool) -> None:
    if needed and sys.platform != "win32":
        from tests.engines.session import Engines

        config.stash[SESSION] = engines = Engines()
        engines.prepare()


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    skipped = [
        report.nodeid
        for report in terminalreporter.getreports("skipped")
        if isinstance(report.longrepr, tuple) and REASON in report.longrepr[2]
    ]
    if not skipped:
        return
    terminalreporter.section("engine tests that did not run")
    for name in skipped:
        terminalreporter.write_line(name)
    terminalreporter.write_line(said(len(skipped)))
    if path := config.getoption("--skipped-engines"):
        with path.open("a", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in skipped)


def said(count: int) -> str:
    return f"{count} engine test{'' if count == 1 else 's'} skipped: run them with {HOW}"


@pytest.fixture(scope="session")
def engines(pytestconfig: pytest.Config) -> Iterator[Engines]:
    """What the fixtures below share; fails with the reason where engines cannot be had."""
    found = pytestconfig.stash.get(SESSION, None)
    if found is None:
        pytest.fail(f"engines of the tests' own run on Linux only; this is {sys.platform}", pytrace=False)
    if found.trouble:
        pytest.fail(f"no engine for this test: {found.trouble}", pytrace=False)
    yield found
    found.close()


@pytest.fixture(scope="session")
def local_engine(engines: Engines) -> LocalEngine:
    """The engine of this computer, on a socket of its own."""
    return engines.local()


@pytest.fixture(scope="session")
def remote_hosts(engines: Engines) -> Engines:
    """`remote_hosts.remote(3)` gives three remote hosts; those that there are already are among them."""
    return engines


@pytest.fixture(scope="session")
def remote_host(engines: Engines) -> RemoteHost:
    """A remote machine with Docker, by ssh and by TLS."""
    return engines.remote(1)[0]


@pytest.fixture(scope="session")
def _image_registry(remote_host: RemoteHost, tmp_path_factory: pytest.TempPathFactory) -> ImageRegistry:
    from tests.engines.image_registry import ImageRegistry

    return ImageRegistry(tmp_path_factory.mktemp("registry"), str(remote_host.near_address))


@pytest.fixture
def image_registry(_image_registry: ImageRegistry) -> Iterator[ImageRegistry]:
    """A registry on this computer that the local engine and the remote host both reach; it has what it had before."""
    try:
        _image_registry.start()
        yield _image_registry
    finally:
        _image_registry.close()


@pytest.fixture
def keyring(engines: Engines, tmp_path: Path) -> Keyring:
    """An empty keyring of the test's own."""
    from tests.engines.keyring import Keyring

    folder = tmp_path / "keyring"
    folder.mkdir(mode=0o700)
    return Keyring(folder)


@pytest.fixture(autouse=True)
def _tidy_engines(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test no fault is left, and nothing that the test made on an engine but images."""
    session = request.config.stash.get(SESSION, None)
    if session is None or request.node.get_closest_marker(MARK) is None or session.trouble:
        yield
        return
    before: dict[Engine, dict[str, set[str]]] = {engine: engine.belongings() for engine in session.running()}
    yield
    for engine in session.running():
        engine.mend()
        engine.remove_since(before.get(engine, {}))
