"""An image of a bundle made the way MLflow makes it, built with `docker build` and started with `docker run`.

The steps are those that MLflow 3.17 writes (`mlflow models generate-dockerfile --env-manager local`), with what would
make it slower left out: no system packages, no nginx before it, one worker, and its server without its starter. pip
finds the wheels at an address of this machine, as it finds them at an index, so they are in no layer and no context.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

KEPT = Path(__file__).resolve().parents[2] / "build" / "mlflow-like"
MLFLOW = "mlflow==3.17.2"
PORT = 8080

_BEGIN = """
FROM {base}
RUN python3 -m venv /opt/python
ENV PATH=/opt/python/bin:$PATH PIP_NO_INDEX=1 PIP_FIND_LINKS={wheels} PIP_TRUSTED_HOST=127.0.0.1 \\
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /opt/mlflow
RUN pip install {mlflow} {pins}
"""
_END = """
ENV MLFLOW_DISABLE_ENV_CREATION=True __pyfunc_model_path__=/opt/ml/model
RUN chmod o+rwX /opt/mlflow/
ENTRYPOINT ["uvicorn", "--host", "0.0.0.0", "--port", "{port}", "--workers", "1", \
    "mlflow.pyfunc.scoring_server.app:app"]
"""
_INSTALL = (
    "RUN python -c \"from mlflow.models import container as C; C._install_pyfunc_deps('/opt/ml/model', "
    "install_mlflow=False, env_manager='local');\"\n"
)


def fetch_wheels(pins: Sequence[str]) -> Path:
    """The folder with the wheels, fetched once and kept."""
    folder = KEPT / "wheels"
    noted = KEPT / "complete.txt"
    wanted = "\n".join([MLFLOW, *pins])
    if not noted.exists() or noted.read_text("utf-8") != wanted:
        print("fetching MLflow and what it needs (once; kept in build/mlflow-like)", flush=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--dest", str(folder)]
        subprocess.run([*pip, MLFLOW, *pins, "gunicorn[gevent]"], check=True)
        subprocess.run([*pip, "--no-deps", "pip==23.2.1"], check=True)  # what the bundle's environment wants
        noted.write_text(wanted, "utf-8")
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def wheels_address(folder: Path) -> Iterator[str]:
    """An address where pip finds the wheels of the folder."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class ByHand:
    """`docker` on the command line of one engine; `context` holds the Dockerfiles and a copy of the model."""

    def __init__(self, socket: Path, base: str, wheels: str, pins: Sequence[str], context: Path) -> None:
        self._environment = {**os.environ, "DOCKER_HOST": f"unix://{socket}"}
        self._context = context
        begin = _BEGIN.format(base=base, wheels=wheels, mlflow=MLFLOW, pins=" ".join(pins))
        end = _END.format(port=PORT)
        context.mkdir()
        (context / "Dockerfile").write_text(f"{begin}{end}COPY ml /opt/ml\n", "utf-8")
        (context / "Dockerfile.as-written").write_text(f"{begin}COPY ml /opt/ml\n{_INSTALL}{end}", "utf-8")

    def docker(self, *words: str) -> str:
        done = subprocess.run(["docker", *words], env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"docker {words[0]}: {(done.stdout + done.stderr)[-3000:]}")
        return done.stdout.strip()

    def take_model(self, bundle: Path, number: int) -> None:
        """Puts another model into the context: `number` makes it one that the engine has not seen."""
        shutil.rmtree(self._context / "ml", ignore_errors=True)
        shutil.copytree(bundle, self._context / "ml" / "model")
        (self._context / "ml" / "number.txt").write_text(str(number), "ascii")

    def build(self, name: str, *, file: str = "Dockerfile", cached: bool = True) -> None:
        fresh = () if cached else ("--no-cache",)
        path = str(self._context / file)
        self.docker("build", "--quiet", "--network", "host", *fresh, "--tag", name, "--file", path, str(self._context))

    def run(self, image: str, port: int, limits: Sequence[str]) -> str:
        return self.docker("run", "--detach", "--publish", f"127.0.0.1:{port}:{PORT}", *limits, image)

    def remove(self, container: str) -> None:
        self.docker("rm", "--force", container)

    def added(self, image: str) -> int:
        """Bytes of the layers above the base, but for the one that brings pip."""
        rows = self.docker("history", "--no-trunc", "--human=false", "--format", "{{.Size}}\t{{.CreatedBy}}", image)
        own = rows.splitlines()[: rows[: rows.index("venv /opt/python")].count("\n")]
        return sum(int(row.partition("\t")[0]) for row in own)


def request_of(row: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Path and content by which MLflow's server is asked for one row; it takes times without a zone only."""
    plain = {name: value.removesuffix("+00:00") if isinstance(value, str) else value for name, value in row.items()}
    return "/invocations", {"dataframe_records": [plain]}
