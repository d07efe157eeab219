"""Our images and deployments on a Docker engine beside an image made the way MLflow makes it, in turns, in one run.

Run it as `python tests/benchmarks/bench_containers.py [--long]`, as root on Linux: the engine is one of the tests'.
Both serve the same bundles from the same base image under the same limits. Measured: added size, a build from nothing,
a build with another model only, start to first right answer, memory after 20 answers; and from the click on Deploy
until the new version has taken over, beside `docker build` and `docker run` by hand until the first right answer.

Two Dockerfiles stand for MLflow's way: as it writes it, where the model comes before what it needs is installed, and
one where nothing is installed after the model, the best that a cached rebuild can be. The goal is for the first.

Not like for like: ours starts two containers (the holder of the port and the server), looks at the stored example, and
lets no request fail; by hand the old container is removed before the new one starts. The keeper is told at once here; a
real one looks four times a second.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.benchmarks.mlflow_image import ByHand, fetch_wheels, request_of, wheels_address  # noqa: E402
from tests.engines.engine import LocalEngine  # noqa: E402
from tests.engines.hosts import local_host  # noqa: E402
from tests.engines.session import Engines  # noqa: E402
from tests.hosts.engines.conftest import Team  # noqa: E402
from tests.real_workspace import kept_workspace, real_workspace  # noqa: E402

from mlops_desktop import bootstrap  # noqa: E402
from mlops_desktop.domain.deployments import RolloutStep  # noqa: E402
from mlops_desktop.hosts.engines.profile import SERVER  # noqa: E402

VERSIONS = ("flight-late@v1", "flight-late@v2", "flight-late@v3")
PORT = 8391
OUR_PORT = 8392
ANSWERS = 20
LIMITS = ("--memory", str(SERVER.memory), "--memory-swap", str(SERVER.memory), "--cpus", str(SERVER.processors))
LONGEST_WAIT = 60.0
AS_WRITTEN = "model-only build, as MLflow writes it"
GOALS = {"added size": 1 / 2, AS_WRITTEN: 1 / 3, "start to first answer": 1 / 2}
UNITS = {"added size": "MB", "memory": "MiB"}
Ask = Callable[[], bool]


class Figures:
    """What was measured, by name: pairs of (theirs, ours)."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[list[float], list[float]]] = {}

    def theirs(self, name: str, value: float) -> None:
        self._known.setdefault(name, ([], []))[0].append(value)

    def ours(self, name: str, value: float) -> None:
        self._known.setdefault(name, ([], []))[1].append(value)

    def tell(self) -> bool:
        """Prints a line for each; says whether all goals are met."""
        met = True
        print("medians (lowest to highest)")
        for name, (theirs, ours) in self._known.items():
            unit = UNITS.get(name, "s")
            if not theirs or not ours:
                print(f"{name:38} {'ours' if ours else 'theirs'} {statistics.median(ours or theirs):.2f} {unit}")
                continue
            one, other = statistics.median(theirs), statistics.median(ours)
            goal = GOALS.get(name)
            met &= goal is None or other <= goal * one
            wanted = f" (goal {goal:.2f}: {'met' if other <= goal * one else 'missed'})" if goal else ""
            print(
                f"{name:38} MLflow's way {one:8.2f} {unit:2} ({_span(theirs)}), ours {other:7.2f} {unit:2} "
                f"({_span(ours)}): ratio {other / one:.3f}{wanted}"
            )
        return met


def _span(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}, n={len(values)}"


@contextlib.contextmanager
def timed(note: Callable[[float], None]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    note(time.perf_counter() - began)


def until_right(ask: Ask) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if ask():
                return
        if time.monotonic() > deadline:
            raise RuntimeError("no right answer in time")
        time.sleep(0.01)


def post(port: int, path: str, content: object, token: str = "") -> Any:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", path, json.dumps(content), headers)
        response = connection.getresponse()
        said = response.read()
        return json.loads(said) if response.status == 200 else None


def probability(answer: Mapping[str, Any], label: str) -> float:
    if "probabilities" in answer:
        return float(answer["probabilities"][label])
    return float(answer[f"probability_{label}"])


class Bench:
    """One engine, one workspace, and both ways to deploy its models."""

    def __init__(self, team: Team, hand: ByHand) -> None:
        self.team = team
        self.hand = hand
        self.figures = Figures()
        self._number = 0
        self._container = ""
        self._token = ""

    # --- by hand ----------------------------------------------------------------------------------------------------

    def first_by_hand(self) -> None:
        self._next_model(VERSIONS[0])
        began = time.perf_counter()
        with timed(lambda seconds: self.figures.theirs("build from nothing", seconds)):
            self.hand.build("late", cached=False)
        self._run_by_hand("late", VERSIONS[0])
        self.figures.theirs("first deployment", time.perf_counter() - began)
        self.figures.theirs("first, layers kept", time.perf_counter() - began)
        self.figures.theirs("added size", self.hand.added("late") / 1e6)
        for _ in range(ANSWERS):
            assert self._ask_theirs(VERSIONS[0])()
        self.figures.theirs("memory", self._memory(self._container))

    def update_by_hand(self, reference: str) -> None:
        self._next_model(reference)
        began = time.perf_counter()
        with timed(lambda seconds: self.figures.theirs("model-only build", seconds)):
            self.hand.build("late")
        self._run_by_hand("late", reference)
        self.figures.theirs("model-only update", time.perf_counter() - began)

    def as_written(self) -> None:
        """The order in which MLflow itself writes it: what the model needs is installed after the model came."""
        self.hand.build("late-as-written", file="Dockerfile.as-written")
        for reference in VERSIONS:
            self._next_model(reference)
            with timed(lambda seconds: self.figures.theirs(AS_WRITTEN, seconds)):
                self.hand.build("late-as-written", file="Dockerfile.as-written")

    def _run_by_hand(self, image: str, reference: str) -> None:
        if self._container:
            self.hand.remove(self._container)
        with timed(lambda seconds: self.figures.theirs("start to first answer", seconds)):
            self._container = self.hand.run(image, PORT, LIMITS)
            until_right(self._ask_theirs(reference))

    def _next_model(self, reference: str) -> None:
        self._number += 1
        self.hand.take_model(self._bundle(reference), self._number)

    def _ask_theirs(self, reference: str) -> Ask:
        row, expected = self._example(reference)

        def ask() -> bool:
            path, content = request_of(row)
            said = post(PORT, path, content)
            return said is not None and _is_right(said["predictions"][0], expected)

        return ask

    # --- ours -------------------------------------------------------------------------------------------------------

    def first_of_ours(self, *, kept: bool) -> None:
        """Nothing of ours is on the engine; `kept` says whether the layers are here from another engine."""
        if "late" in [endpoint.name for endpoint, _ in self.team.workspace.deployments.list()]:
            self.team.stop()
        self._forget_images()
        cache = os.environ["MLOPS_CACHE_FOLDER"] if kept else tempfile.mkdtemp(dir=self.team.workspace.folder.parent)
        self._new_keeper(cache)
        steps = self._deploy(VERSIONS[0], "first, layers kept" if kept else "first deployment")
        if kept:
            return
        self.figures.ours("build from nothing", _between(steps, RolloutStep.BUILD, RolloutStep.START))
        self.figures.ours("added size", self._added() / 1e6)
        for _ in range(ANSWERS):
            assert self._ask_ours(VERSIONS[0])()
        self.figures.ours("memory", sum(self._memory(identity) for identity in self._ours()))

    def update_ours(self, reference: str) -> None:
        self._forget_model(reference)
        steps = self._deploy(reference, "model-only update")
        build = _between(steps, RolloutStep.BUILD, RolloutStep.START)
        self.figures.ours("model-only build", build)
        self.figures.ours(AS_WRITTEN, build)

    def start_ours(self) -> None:
        """Image there, nothing running: holder and server are started, and it is asked until it is right."""
        self.team.stop()
        order = self.team.workspace.deployments.deploy(VERSIONS[0], endpoint="late", host=self.team.host.name)
        with timed(lambda seconds: self.figures.ours("start to first answer", seconds)):
            self.team.settle(order.rollout)
            until_right(self._ask_ours(VERSIONS[0]))

    def _deploy(self, reference: str, name: str) -> Mapping[RolloutStep, float]:
        clicked, began = time.time(), time.perf_counter()
        self.team.deploy(reference, port=OUR_PORT)
        if not self._token:
            self._token = self.team.token()
            self.team.turn()
        self.figures.ours(f"{name}, old one put away too", time.perf_counter() - began)
        newest = self.team.workspace.deployments.rollouts("late")[-1]
        steps = {item.step: item.at.timestamp() for item in newest.steps}
        self.figures.ours(name, steps[RolloutStep.DRAIN] - clicked)
        until_right(self._ask_ours(reference))
        return steps

    def _ask_ours(self, reference: str) -> Ask:
        row, expected = self._example(reference)
        port = self.team.workspace.deployments.endpoint("late").port

        def ask() -> bool:
            said = post(port, "/predict", {"rows": [row]}, self._token)
            return said is not None and said["model"] == reference and _is_right(said["predictions"][0], expected)

        return ask

    def _new_keeper(self, cache: str) -> None:
        before = os.environ["MLOPS_CACHE_FOLDER"]
        os.environ["MLOPS_CACHE_FOLDER"] = cache
        self.team.restarted_keeper()
        os.environ["MLOPS_CACHE_FOLDER"] = before

    # --- what is there ----------------------------------------------------------------------------------------------

    def _ours(self) -> list[str]:
        with self.team.engine.client() as client:
            return [row["Id"] for row in client.containers(filters={"label": ["mlops-desktop.role"]})]

    def _forget_images(self) -> None:
        with self.team.engine.client() as client:
            for row in client.containers(all=True, filters={"label": ["mlops-desktop.role"]}):
                client.remove_container(row["Id"], force=True)
            for row in client.images():
                if any(tag.startswith("mlops-desktop/") for tag in row["RepoTags"] or ()):
                    client.remove_image(row["Id"], force=True)

    def _forget_model(self, reference: str) -> None:
        """Its layer and its image are made anew."""
        for file in Path(os.environ["MLOPS_CACHE_FOLDER"]).rglob("model-*"):
            file.unlink()
        with self.team.engine.client() as client:
            for row in client.images(filters={"label": [f"mlops-desktop.model={reference}"]}):
                client.remove_image(row["Id"], force=True)

    def _added(self) -> int:
        """Bytes of the layers that the model's and the holder's images have above the base."""
        with self.team.engine.client() as client:
            base = client.inspect_image(self.team.engine.base_image)
            images = {client.inspect_container(identity)["Image"] for identity in self._ours()}
            return sum(int(client.inspect_image(image)["Size"]) - int(base["Size"]) for image in images)

    def _memory(self, identity: str) -> float:
        """In MiB, without what the kernel may take back."""
        with self.team.engine.client() as client:
            said = client.stats(identity, stream=False, one_shot=True)["memory_stats"]
        detail = said.get("stats") or {}
        idle = detail.get("total_inactive_file", detail.get("inactive_file", 0))
        return float((said["usage"] - idle) / 2**20)

    def _bundle(self, reference: str) -> Path:
        version = self.team.workspace.models.get(reference)
        return self.team.workspace.folder / "bundles" / version.manifest_hash

    def _example(self, reference: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        content = json.loads((self._bundle(reference) / "example.json").read_text("utf-8"))
        return content["rows"][0], content["expected"][0]


def _is_right(answer: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
    return all(
        abs(probability(answer, label) - wanted) < 1e-9 for label, wanted in expected["probabilities"].items()
    ) and bool(answer["prediction"] == expected["prediction"])


def _between(steps: Mapping[RolloutStep, float], first: RolloutStep, last: RolloutStep) -> float:
    return steps[last] - steps[first]


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Bench]:
    os.environ["MLOPS_STATE_FOLDER"] = str(folder / "state")
    os.environ["MLOPS_CACHE_FOLDER"] = str(folder / "cache")
    kept_workspace()  # with a keeper
    engines = Engines()
    engines.prepare()
    if engines.trouble:
        raise SystemExit(f"no engine for this benchmark: {engines.trouble}")
    with contextlib.ExitStack() as stack:
        stack.callback(engines.close)
        engine: LocalEngine = engines.local()
        stack.enter_context(patch.object(bootstrap.KeeperStarter, "__call__", lambda _: False))
        workspace = stack.enter_context(real_workspace(folder / "workspace"))
        host = local_host(engine)
        workspace.hosts.add(host)
        team = Team(workspace, host, engine, "127.0.0.1")
        stack.callback(lambda: team.keeping.close())  # noqa: PLW0108 - it is another one by then
        version = workspace.models.get(VERSIONS[0])
        pins = (workspace.folder / "bundles" / version.manifest_hash / "requirements.txt").read_text("utf-8").split()
        wheels = stack.enter_context(wheels_address(fetch_wheels(pins)))
        yield Bench(team, ByHand(engine.socket, engine.base_image, wheels, pins, folder / "context"))


def main(whole: int, parts: int) -> int:
    with tempfile.TemporaryDirectory(prefix="mlops-") as name, opened(Path(name)) as bench:
        try:
            for number in range(whole):
                one_round(bench, parts)
                if number == 0:
                    bench.as_written()
                print(f"round {number + 1} of {whole} is done", flush=True)
        finally:
            met = bench.figures.tell()
    return 0 if met else 1


def one_round(bench: Bench, parts: int) -> None:
    bench.first_by_hand()
    bench.first_of_ours(kept=False)
    bench.first_of_ours(kept=True)
    for part in range(parts):
        reference = VERSIONS[(part + 1) % len(VERSIONS)]
        bench.update_by_hand(reference)
        bench.update_ours(reference)
    for _ in range(parts):
        bench.start_ours()


if __name__ == "__main__":
    sys.exit(main(5, 5) if "--long" in sys.argv[1:] else main(2, 3))
