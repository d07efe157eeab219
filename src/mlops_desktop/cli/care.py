"""`mlops verify`, `mlops diagnose`, `mlops audit`: is the workspace sound, and what was decided in it."""

from __future__ import annotations

import click

from mlops_desktop.cli.output import emit, json_option, printable, say, table, when
from mlops_desktop.cli.session import Session, pass_session


@click.command()
@json_option
@click.pass_context
def verify(ctx: click.Context, as_json: bool) -> None:
    """Check database, artifacts, bundles and the record of decisions; exit code 1 when something is wrong."""
    session = ctx.ensure_object(Session)
    result = session.workspace.verify()
    if as_json:
        emit(result)
    else:
        say(
            f"{result.artifacts} artifacts, {result.bundles} bundles, {result.audit_entries} decisions: "
            + ("clean" if result.is_clean else f"{len(result.problems)} problems")
        )
        for problem in result.problems:
            say(f"  {problem.area} {problem.subject}: {printable(problem.sentence)}")
    if not result.is_clean:
        ctx.exit(1)


@click.command()
@json_option
@pass_session
def diagnose(session: Session, as_json: bool) -> None:
    """What a bug report needs: versions, counts, problems. No data, no names, no secrets."""
    facts = session.workspace.diagnose()
    if as_json:
        emit(facts)
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            say(f"{name}:")
            for key, item in value.items():
                say(f"  {key}: {item}")
        else:
            say(f"{name}: {value}")


@click.command()
@click.option("--limit", default=30, show_default=True, help="How many of the newest.")
@json_option
@pass_session
def audit(session: Session, limit: int, as_json: bool) -> None:
    """The record of decisions: who did what, and when."""
    entries = session.workspace.audit(limit)
    if as_json:
        emit(entries)
        return
    table(
        ["No", "When", "Who", "What", "Object"],
        [[str(e.seq), when(e.at), e.actor, e.action, e.subject] for e in entries],
        right=["No"],
    )
