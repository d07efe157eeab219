"""A worker with jobs and calls of its own, each a small model of what may happen in a real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_desktop.domain.errors import UnusableTargetError
from mlops_desktop.workers import worker
from mlops_desktop.workers.report import Report

Spec = Mapping[str, Any]
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def work(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    report.progress(0.5, "half-way")
    report.log("a word")
    report.metric("accuracy", 0, float("nan"))
    sys.stdout.write("printed by the job\n")
    return {"spec": dict(spec), "folder": str(folder), "here": os.getcwd(), "group": os.getpgid(0), "pid": os.getpid()}


def wait(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    (folder / "waiting").touch()
    while True:
        report.check_cancelled()
        time.sleep(0.01)


def stay(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    """Does not listen, and neither do its children: one in the group, one in a session of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    children = [
        subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=own)
        for own in (False, True)
    ]
    for child in children:
        assert child.stdout is not None
        child.stdout.readline()
    (folder / "children").write_text(" ".join(str(child.pid) for child in children))
    (folder / "waiting").touch()
    time.sleep(600)
    return {}


def leave_child(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    return {"child": child.pid}


def fail(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    secret = "a local value"
    raise ValueError(f"first line of {len(secret)}\nsecond line")


def refuse(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    raise UnusableTargetError("The target is constant.", hint="Choose another column.", details="3 rows")


def eat(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    return answer_eat(spec)


def eat_by_child(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    subprocess.run([sys.executable, "-c", "import time; b = b'x' * (900 << 20); time.sleep(600)"], check=False)
    return {}


def demand(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    return {"size": len(bytearray(1 << 45))}


def abort(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    os.write(2, b"memory allocation of 4096 bytes failed\n")
    os.abort()


def kill(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    report.log("the last word")
    os.kill(os.getpid(), getattr(signal, spec.get("signal", "SIGSEGV")))
    return {}


def leave(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    os._exit(spec.get("code", 3))


def shout(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    """Our own output is cut while we go on, and a child's as well."""
    block = b"\x00\xff\x1b[31mno line end " * 4096
    writer = f"import os, time\nfor _ in range(40): os.write(1, {block[:20]!r} * 40000); time.sleep(0.01)"
    with subprocess.Popen([sys.executable, "-c", writer]) as child:
        for _ in range(spec.get("blocks", 400)):
            os.write(1, block)
        child.wait()
    time.sleep(0.3)
    sys.stdout.write("after the cut\n")
    return {}


def measure(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    """Many points of one metric, each tenth of them measured twice, some of them no number."""
    for step in range(spec.get("points", int(os.environ.get("MPL_POINTS", "20000")))):
        report.metric("loss", step, float("nan") if step % 1000 == 999 else 1 / (step + 1))
        if step % 10 == 0:
            report.metric("loss", step, 2 / (step + 1))
    return {}


def babble(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    """Writes into its journal what it likes: half lines, wrong types, a claim to be init, an ending of another."""
    at = '"at":"2030-01-02T03:04:05+00:00"'
    lines = (
        "nonsense",
        "[" * 100_000,
        f'{{"kind":"progress",{at},"body":{{"share":"half","note":7}}}}',
        f'{{"kind":"metric",{at},"body":{{"key":"loss","step":{"9" * 400},"value":1}}}}',
        f'{{"kind":"started",{at},"body":{{"pid":1,"process":{{"pid":1,"machine":"","boot":"","started":0}}}}}}',
        f'{{"kind":"log",{at},"body":{{"level":"\u001b[2J","text":"\u001b]0;title\u0007 red \u001b[31m"}}}}',
        '{"kind":"log","at"',
    )
    with (folder / "journal.jsonl").open("ab") as journal:
        journal.write("\n".join(lines).encode() + b"\xff\xfe\n")
    report.metric("loss", 1, 0.25)
    return {"run_id": "another", "evaluation": "../../../registry.db", "bundle": "/etc", "metrics": "none"}


def strange(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    return {"what": object()}


def quit_python(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    sys.exit("somebody's library leaves")


def look(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        return {"stdin": sys.stdin.read(), "names": sorted(os.environ), "temporary": file.name}


def count_threads(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    import numpy as np
    import threadpoolctl

    assert np.eye(2).shape == (2, 2)
    return {"threads": [library["num_threads"] for library in threadpoolctl.threadpool_info()]}


def linger(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    threading.Thread(target=time.sleep, args=(600,)).start()
    return {}


def answer_echo(request: Spec) -> dict[str, Any]:
    return {"request": dict(request), "pid": os.getpid()}


def answer_sleep(request: Spec) -> dict[str, Any]:
    Path(request["sign"]).touch()
    time.sleep(600)
    return {}


def answer_leave(request: Spec) -> dict[str, Any]:
    os.write(2, b"good bye")
    os._exit(7)


def answer_print(request: Spec) -> dict[str, Any]:
    sys.stdout.write('{"id": 1, "answer": {"forged": true}}\n')
    sys.stdout.flush()
    os.write(1, b"not JSON\n")
    return {}


def answer_refuse(request: Spec) -> dict[str, Any]:
    raise UnusableTargetError("The target is constant.", hint="Choose another column.")


def answer_fail(request: Spec) -> dict[str, Any]:
    raise KeyError("k")


def answer_much(request: Spec) -> dict[str, Any]:
    return {"text": "x" * (17 << 20)}


def answer_list(request: Spec) -> list[int]:
    return [1]


def answer_eat(request: Spec) -> dict[str, Any]:
    eaten = []
    for _ in range(2000):
        eaten.append(b"x" * (8 << 20))
        time.sleep(0.02)
    return {"eaten": len(eaten)}


def answer_keep(request: Spec) -> dict[str, Any]:
    globals()["kept"] = b"x" * request["bytes"]
    return {"pid": os.getpid()}


JOBS: dict[str, Any] = {
    function.__name__: function
    for function in (
        work,
        wait,
        stay,
        leave_child,
        fail,
        refuse,
        eat,
        eat_by_child,
        demand,
        abort,
        kill,
        leave,
        shout,
        strange,
        quit_python,
        look,
        count_threads,
        linger,
        measure,
        babble,
    )
}


def train(spec: Spec, folder: Path, report: Report) -> dict[str, Any]:
    """What the name of the experiment says, where there is such a job."""
    chosen: dict[str, Any] = JOBS.get(spec.get("experiment", ""), wait if spec.get("wait") else work)(
        spec, folder, report
    )
    return chosen


JOBS["train"] = train
JOBS["missing"] = "mlops_desktop.workers.no_such_module"
CALLS: dict[str, Any] = {
    "echo": answer_echo,
    "sleep": answer_sleep,
    "leave": answer_leave,
    "print": answer_print,
    "refuse": answer_refuse,
    "fail": answer_fail,
    "much": answer_much,
    "list": answer_list,
    "eat": answer_eat,
    "keep": answer_keep,
}

if __name__ == "__main__":
    sys.exit(worker.main(jobs=JOBS, calls=CALLS, heavy=tuple(sys.argv[1:])))
