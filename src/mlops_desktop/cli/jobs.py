"""`mlops jobs`: what waits, runs and is done in the background."""

from __future__ import annotations

import click

from mlops_desktop.cli.output import NOTHING, emit, json_option, say, say_log, table, when
from mlops_desktop.cli.session import Session, pass_session
from mlops_desktop.domain.jobs import Job


@click.group()
def jobs() -> None:
    """Long work: imports, training, scoring."""


@jobs.command(name="list")
@click.option("--limit", default=20, show_default=True, help="How many of the newest.")
@json_option
@pass_session
def list_jobs(session: Session, limit: int, as_json: bool) -> None:
    """The newest jobs, oldest first."""
    found = session.workspace.jobs.list(limit=limit)
    if as_json:
        emit(found)
        return
    table(
        ["Job", "Status", "Title", "Progress", "Started", "Ended", "Reason"],
        [
            [
                job.id[:8],
                job.status.value,
                job.title,
                f"{job.progress:.0%}" if job.progress is not None else NOTHING,
                when(job.started_at),
                when(job.finished_at),
                _reason(job),
            ]
            for job in found
        ],
        right=["Progress"],
    )


def _reason(job: Job) -> str:
    if job.silent_since:
        return f"Not responding since {when(job.silent_since)}; it goes on if it can, or cancel it."
    return job.failure.message if job.failure else ""


@jobs.command()
@click.argument("job")
@pass_session
def cancel(session: Session, job: str) -> None:
    """Ask JOB (its id or the beginning of it) to stop."""
    chosen = session.workspace.jobs.find(job)
    session.workspace.jobs.cancel(chosen.id)
    say(f"{chosen.title} had already ended" if chosen.status.is_ended else f"Cancelling {chosen.title}")


@jobs.command()
@click.argument("job")
@pass_session
def log(session: Session, job: str) -> None:
    """The log of JOB (its id or the beginning of it)."""
    say_log(session.workspace.jobs.log(session.workspace.jobs.find(job).id))
