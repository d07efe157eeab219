"""A bundle's requirements are exact versions by name, and nothing else (J-10)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_desktop.domain.errors import DeploymentError
from mlops_desktop.hosts.images.requirements import parse_requirements, read_requirements, require_served
from mlops_desktop.serving.libraries import DISTRIBUTIONS
from mlops_desktop.workers.training.bundles import SERVING_PACKAGES


def test_pins_are_read_by_their_plain_names() -> None:
    assert parse_requirements(["numpy==2.4.6", "", "Scikit_Learn==1.9.1 \r", "x==1!2.0rc1+cpu"]) == {
        "numpy": "2.4.6",
        "scikit-learn": "1.9.1",
        "x": "1!2.0rc1+cpu",
    }


@pytest.mark.parametrize(
    "line",
    [
        "--index-url=https://evil.example/simple",
        "-i https://evil.example/simple",
        "--extra-index-url https://evil.example",
        "--find-links=/tmp",
        "--trusted-host evil.example",
        "-e .",
        "-e git+https://evil.example/x#egg=numpy",
        "-r other.txt",
        "-c other.txt",
        "numpy @ https://evil.example/numpy-2.4.6-py3-none-any.whl",
        "https://evil.example/numpy-2.4.6-py3-none-any.whl",
        "./numpy-2.4.6-py3-none-any.whl",
        "file:///tmp/numpy",
        "numpy==2.4.6; os_name == 'posix'",
        "numpy==2.4.6 ; rm -rf ~",
        "numpy==2.4.6 --hash=sha256:00",
        "numpy==2.4.6 --config-settings=x",
        "numpy[extra]==2.4.6",
        "numpy>=2.4.6",
        "numpy===2.4.6",
        "numpy==2.4.*",
        "numpy== 2.4.6",
        "numpy",
        "numpy==",
        "==2.4.6",
        "numpy==no-version",
        "numpy==2.4.6 \\",
        "numpy==$(id)",
        "${NUMPY}==1",
        "# numpy==2.4.6",
        "numpy==2.4.6 # pinned",
        "numpy==2.4.6\nscipy==1",
        "numpy==2.4.6\u2028-e .",
        "numpy==２.4.6",
        "\ufeffnumpy==2.4.6",
        "n" * 200 + "==1",
    ],
)
def test_whatever_else_pip_would_follow_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(DeploymentError, match=r"Line 2 of the model's requirements\.txt is refused") as caught:
        parse_requirements(["scipy==1.17.1", line])
    assert caught.value.hint
    assert len(str(caught.value)) < 300


@given(st.text(max_size=60))
def test_any_text_is_a_pin_or_refused(text: str) -> None:
    try:
        pins = parse_requirements([text])
    except DeploymentError:
        return
    assert all(set(name + version) <= set("abcdefghijklmnopqrstuvwxyz0123456789.!+-") for name, version in pins.items())


def test_one_name_has_one_version() -> None:
    assert parse_requirements(["numpy==1.0", "Numpy==1.0"]) == {"numpy": "1.0"}
    with pytest.raises(DeploymentError, match="numpy is pinned to 1.0 before"):
        parse_requirements(["numpy==1.0", "numpy==2.0"])


def test_what_serving_imports_must_be_pinned() -> None:
    require_served(dict.fromkeys(DISTRIBUTIONS, "1"))
    with pytest.raises(DeploymentError, match="which version of numpy, skops it needs"):
        require_served(dict.fromkeys(set(DISTRIBUTIONS) - {"skops", "numpy"}, "1"))


def test_what_training_pins_is_what_serving_names() -> None:
    assert SERVING_PACKAGES == DISTRIBUTIONS


def test_the_file_is_read_as_lines(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy==1\nscipy==2\n")
    assert parse_requirements(read_requirements(tmp_path)) == {"numpy": "1", "scipy": "2"}


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="No such file"):
        read_requirements(tmp_path)
    file = tmp_path / "requirements.txt"
    file.symlink_to("/etc/passwd")
    with pytest.raises(DeploymentError, match="symbolic link"):
        read_requirements(tmp_path)
    file.unlink()
    file.write_bytes(b"numpy==1\n" * 10_000)
    with pytest.raises(DeploymentError, match="larger than 65536"):
        read_requirements(tmp_path)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(DeploymentError, match="invalid start byte"):
        read_requirements(tmp_path)
    file.unlink()
    os.mkfifo(file)
    assert parse_requirements(read_requirements(tmp_path)) == {}, "a pipe holds nobody up, and nothing"
