"""`mlops`: the root of the commands, and the one place that turns errors into words and exit codes."""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mlops_desktop import __version__
from mlops_desktop.cli.session import Session
from mlops_desktop.domain.errors import BugError, MlopsError, UserError
from mlops_desktop.domain.log_records import trace_of
from mlops_desktop.domain.redaction import redact, secrets_in

DONE, USER_ERROR, WRONG_USAGE, OUR_BUG, INTERRUPTED = 0, 1, 2, 3, 130

COMMANDS = {
    "workspace": "mlops_desktop.cli.workspace:workspace",
    "datasets": "mlops_desktop.cli.datasets:datasets",
    "experiments": "mlops_desktop.cli.experiments:experiments",
    "models": "mlops_desktop.cli.models:models",
    "deployments": "mlops_desktop.cli.deployments:deployments",
    "trials": "mlops_desktop.cli.trials:trials",
    "hosts": "mlops_desktop.cli.hosts:hosts",
    "jobs": "mlops_desktop.cli.jobs:jobs",
    "trash": "mlops_desktop.cli.trash:trash",
    "audit": "mlops_desktop.cli.care:audit",
    "verify": "mlops_desktop.cli.care:verify",
    "diagnose": "mlops_desktop.cli.care:diagnose",
    "demo": "mlops_desktop.cli.demo:demo",
}


class NounGroup(click.Group):
    """Loads a noun's module when it is named, so that `mlops --version` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=NounGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="mlops")
@click.option(
    "--workspace",
    "-w",
    type=click.Path(path_type=Path),
    envvar="MLOPS_WORKSPACE",
    help="The workspace folder; else MLOPS_WORKSPACE, else the nearest folder above, else the one used last.",
)
@click.option("--actor", envvar="MLOPS_ACTOR", help="Who is acting, for the record; else the login name.")
@click.pass_context
def cli(ctx: click.Context, workspace: Path | None, actor: str | None) -> None:
    """From a CSV to a model that answers, on the command line."""
    ctx.obj = Session(workspace, actor)
    ctx.call_on_close(ctx.obj.close)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. Exit codes: 0 done, 1 user error, 2 wrong usage, 3 our bug, 130 interrupted."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(args=argv, prog_name="mlops", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return WRONG_USAGE
    except click.ClickException as error:
        error.show()
        return WRONG_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. What was queued goes on; look with: mlops jobs list", err=True)
        return INTERRUPTED
    except UserError as error:
        _show(error, as_json="--json" in argv)
        return USER_ERROR
    except BrokenPipeError:
        # The reader went away (`mlops ... | head`): nothing more to say, and nothing at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        logging.getLogger(__name__).debug("a command failed", exc_info=True)
        _show(error, as_json="--json" in argv)
        return OUR_BUG
    return code if isinstance(code, int) else DONE


def _show(error: Exception, *, as_json: bool) -> None:
    """What happened, why, what to do; the code at the end. An error of ours says so and where the details are."""
    if isinstance(error, MlopsError):
        code, message, hint = error.code, error.message, error.hint
    else:
        said = redact(f"{type(error).__name__}: {error}", secrets_in(os.environ))
        code, message = BugError.code, f"This is an error in the program: {said}"
        hint = "Run it again with MLOPS_DEBUG=1 and report what it says."
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "message": message, "hint": hint}}), err=True)
        return
    click.echo(f"{message}\n{hint}\n({code})" if hint else f"{message}\n({code})", err=True)
    if os.environ.get("MLOPS_DEBUG"):
        details = redact(str(getattr(error, "details", "")), secrets_in(os.environ))
        click.echo(f"details: {details}\n{trace_of(error)}", err=True)


if __name__ == "__main__":
    sys.exit(main())
