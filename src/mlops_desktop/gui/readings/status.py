"""What the frame of the window says of the workspace: counts in the sidebar, signs in the status bar."""

from __future__ import annotations

from mlops_desktop.domain.experiments import RunStatus
from mlops_desktop.domain.jobs import JobStatus
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.home import HomeFacts, healthy_count
from mlops_desktop.gui.statuses import Sign


def section_counts(facts: HomeFacts) -> dict[str, tuple[int | None, int]]:
    """By section: how many there are, and how many run."""
    running = sum(run.status is RunStatus.RUNNING for run in facts.runs)
    return {
        "datasets": (len(facts.datasets), 0),
        "experiments": (sum(experiment.run_count for experiment in facts.experiments), running),
        "models": (len(facts.models), 0),
        "deployments": (len(facts.served), 0),
    }


def deployments_sign(facts: HomeFacts) -> Sign | None:
    healthy, wanted = healthy_count(facts)
    if not wanted:
        return None
    words = f"{healthy} of {formats.plural(wanted, 'deployment')} healthy"
    return Sign("server", "muted", words) if healthy == wanted else Sign("triangle-alert", "warn", words)


def job_sign(facts: HomeFacts) -> Sign | None:
    """The work that has run longest, and how many wait."""
    running = [job for job in facts.open_jobs if job.status is JobStatus.RUNNING]
    waiting = len(facts.open_jobs) - len(running)
    if not facts.open_jobs:
        return None
    if not running:
        return Sign("clock", "muted", f"{formats.plural(waiting, 'job')} waiting")
    job = running[0]
    run = next((run for run in facts.runs if run.job_id == job.id), None)
    share = f" · {formats.percent(job.progress)}" if job.progress is not None else ""
    more = f" · {formats.count(len(running) - 1 + waiting)} more" if len(facts.open_jobs) > 1 else ""
    return Sign("loader-circle", "muted", f"{run.name if run else job.title}{share}{more}")
