"""Where things stand in our images, and how their containers start."""

from __future__ import annotations

from typing import Final

RUNTIME: Final = "/opt/mlops/runtime"
CODE: Final = "/opt/mlops/code"
BUNDLE: Final = "/opt/mlops/bundle"
SHARED: Final = "/run/mlops"
"""The folder that an endpoint's containers share: a volume stands there, which takes its owner from the image."""

OWNER: Final = 65532
USER: Final = f"{OWNER}:{OWNER}"

ENVIRONMENT: Final = {
    "PYTHONPATH": f"{CODE}:{RUNTIME}",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JOBLIB_MULTIPROCESSING": "0",
    "HOME": "/tmp",  # noqa: S108
}
"""One thread, as on this computer: a row is too little work to share. The user has no home and may write to /tmp."""

_PYTHON: Final = ("python3", "-P", "-X", "utf8", "-m")
SERVER_COMMAND: Final = (*_PYTHON, "mlops_desktop.serving.main")
HOLDER_COMMAND: Final = (*_PYTHON, "mlops_desktop.serving.holder", "--folder", SHARED)
RELAY_COMMAND: Final = (*_PYTHON, "mlops_desktop.serving.relay", "--folder", SHARED)
