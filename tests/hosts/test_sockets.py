"""Listening sockets and the private paths of the control sockets."""

from __future__ import annotations

import os
import select
import socket
import sys
from pathlib import Path

import psutil
import pytest

from mlops_desktop.domain.errors import DeploymentError, PortInUseError, UserError
from mlops_desktop.hosts import sockets
from mlops_desktop.hosts.sockets import (
    control_path,
    make_private_folder,
    open_control_socket,
    open_listener,
    require_handover,
)

DEPLOYMENT = "d" * 32


def test_only_this_computer_can_reach_a_port_and_nobody_can_share_it() -> None:
    with open_listener(0) as listener:
        address, port = listener.getsockname()
        assert address == "127.0.0.1"
        assert not listener.get_inheritable()
        assert not listener.getblocking()
        with pytest.raises(PortInUseError, match=f"{port} is in use by .*{os.getpid()}"):
            open_listener(port)
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))


def test_a_port_is_free_again_at_once_after_connections_were_served() -> None:
    with open_listener(0) as listener:
        port = listener.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        assert select.select([listener], [], [], 10)[0]
        served, _ = listener.accept()
        served.close()  # first, so that the lingering end is at our port
        client.close()
    open_listener(port).close()


@pytest.mark.parametrize(("number", "words"), [(13, "may not use port 5"), (99, "cannot be used")])
def test_other_refusals_of_the_system_are_told(number: int, words: str) -> None:
    assert words in sockets._refusal(5, OSError(number, "some reason")).message


def test_a_holder_that_cannot_be_seen_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: str) -> list[object]:
        raise PermissionError(kind)

    monkeypatch.setattr(psutil, "net_connections", refuse)
    assert sockets._holder_of(80) == "another program"


def test_a_control_path_is_the_same_for_all_and_short_enough_for_the_system(tmp_path: Path) -> None:
    short = Path("/run/user/1000/mlops-desktop")
    assert control_path(short, DEPLOYMENT) == short / "sockets" / f"{'d' * 16}.sock"
    for length in range(60, 200):
        folder = Path("/") / ("ü" * 10) / ("x" * length)
        path = control_path(folder, DEPLOYMENT)
        assert path == control_path(folder, DEPLOYMENT)
        assert len(os.fsencode(path)) <= 100
    assert control_path(tmp_path / ("x" * 100), DEPLOYMENT) != control_path(tmp_path / ("y" * 100), DEPLOYMENT)


def test_a_left_over_control_socket_is_replaced() -> None:
    path = Path(os.environ["MLOPS_STATE_FOLDER"]) / "sockets" / "a.sock"
    open_control_socket(path).close()
    with open_control_socket(path):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_control_socket_that_cannot_be_made_leaves_nothing_open() -> None:
    folder = Path(os.environ["MLOPS_STATE_FOLDER"]) / ("x" * 120)
    with pytest.raises(OSError, match="too long"):
        open_control_socket(folder / "a.sock")


def test_a_folder_that_somebody_else_prepared_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o777)
    make_private_folder(tmp_path / "mine")
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    with pytest.raises(DeploymentError, match="belongs to another"):
        make_private_folder(tmp_path / "link")


def test_where_sockets_cannot_be_handed_over_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(UserError, match="not tried on Windows"):
        require_handover()
