"""What can be done with an endpoint now, as commands with their keys and their lines for the terminal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from mlops_desktop.gui.pages.endpoint_actions import EndpointActions
from mlops_desktop.gui.pages.page import Command
from mlops_desktop.gui.readings.deployments import EndpointFacts, way_back
from mlops_desktop.gui.readings.home import quoted


def commands_of(one: EndpointFacts, actions: EndpointActions, try_it: Callable[[], object]) -> list[Command]:
    """Its log is the page's own."""
    name, word = one.name, quoted(one.name)
    found: list[Command] = []
    if one.spoken_of is not None:
        found.append(Command("try_it", f"Try {name}", "send", try_it, f"mlops deployments predict {word}"))
    rollout = one.open_rollout
    if rollout is not None and rollout.may_be_cancelled:
        line, act = f"mlops deployments cancel {word}", partial(actions.cancel, one)
        found.append(Command("cancel", f"Cancel the deployment of {name}", "x", act, line))
    if one.answering is not None and rollout is None:
        found += _of_what_answers(one, actions, word)
    line, act = f"mlops deployments token {word}", partial(actions.new_token, one)
    found.append(Command("token", f"New token for {name}…", "key-round", act, line))
    if rollout is None:
        line, act = f"mlops deployments deploy MODEL --endpoint {word}", partial(actions.deploy, one)
        found.append(Command("deploy", f"Deploy another version behind {name}…", "rocket", act, line))
    if one.answering is None and rollout is None:
        line, act = f"mlops trash put endpoint {word}", partial(actions.trash, one)
        found.append(Command("trash", f"Move {name} to trash", "trash-2", act, line))
    return found


def _of_what_answers(one: EndpointFacts, actions: EndpointActions, word: str) -> list[Command]:
    name = one.name
    found: list[Command] = []
    if way_back(one) is not None:
        line, back = f"mlops deployments rollback {word}", partial(actions.go_back, one)
        found.append(Command("roll_back", f"Roll back {name}…", "undo-2", back, line))
    line, again = f"mlops deployments restart {word}", partial(actions.restart, one)
    found.append(Command("restart", f"Restart {name}", "rotate-cw", again, line))
    line, stop = f"mlops deployments stop {word}", partial(actions.stop, one)
    found.append(Command("stop", f"Stop {name}…", "square", stop, line))
    return found
