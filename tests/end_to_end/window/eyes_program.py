"""What a screen reader sees: answers one JSON question a line, over AT-SPI. Runs with the system's Python and pyatspi.

Questions: `find` by name (and role), `focused`, `press` (the accessible action), `write` (the accessible text), `tree`.
It imports nothing of the program.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pyatspi  # type: ignore[import-not-found]

Json = dict[str, Any]

ITEMS = ("table cell", "list item", "page tab")
MOST_CHILDREN = 120
"""Of a table or list with more, only the first are looked at; the rest is the same again."""


def application(name: str) -> Any:
    desktop = pyatspi.Registry.getDesktop(0)
    for place in range(desktop.childCount):
        try:
            found = desktop.getChildAtIndex(place)
            if found is not None and found.name == name and found.childCount:
                return found
        except Exception:  # noqa: BLE001 - an application that ends while it is looked at is not there
            continue
    return None


def walk(node: Any, depth: int = 0) -> Iterator[tuple[Any, int]]:
    """What is shown: below what is not shown nothing is, whatever it says of itself (cells of a hidden table do)."""
    try:
        if depth and not is_shown(node):
            return
        count = min(node.childCount, MOST_CHILDREN)
    except Exception:  # noqa: BLE001 - a widget may go while it is looked at
        return
    yield node, depth
    for place in range(count):
        try:
            child = node.getChildAtIndex(place)
        except Exception:  # noqa: BLE001 - likewise
            continue
        if child is not None:
            yield from walk(child, depth + 1)


def is_shown(node: Any) -> bool:
    states = node.getState()
    return bool(states.contains(pyatspi.STATE_SHOWING)) and bool(states.contains(pyatspi.STATE_VISIBLE))


def has_focus(node: Any) -> bool:
    try:
        return bool(node.getState().contains(pyatspi.STATE_FOCUSED))
    except Exception:  # noqa: BLE001 - a widget may go while it is looked at
        return False


def focused(here: list[Any]) -> Json | None:
    """Of all that say so. The current cell, row or tab always does; it counts only where its whole has the focus."""
    wholes = [node for node in here if node.getRoleName() not in ITEMS and node.name]  # the nameless: grounds of texts
    if not wholes:
        return None
    whole = wholes[-1]
    inside = [node for node in here if node.getRoleName() in ITEMS and node.parent == whole]
    return told(inside[-1] if inside else whole)


def told(node: Any) -> Json:
    answer = {"name": node.name, "role": node.getRoleName(), "description": node.description}
    try:
        area = node.queryComponent().getExtents(pyatspi.DESKTOP_COORDS)
        answer |= {"x": area.x, "y": area.y, "width": area.width, "height": area.height}
    except NotImplementedError:
        pass
    try:
        text = node.queryText()
        answer["text"] = text.getText(0, min(text.characterCount, 20000))
    except NotImplementedError:
        pass
    states = node.getState()
    answer["states"] = [
        word
        for word, state in (
            ("focused", pyatspi.STATE_FOCUSED),
            ("checked", pyatspi.STATE_CHECKED),
            ("enabled", pyatspi.STATE_ENABLED),
            ("focusable", pyatspi.STATE_FOCUSABLE),
        )
        if states.contains(state)
    ]
    return answer


def all_told(nodes: Sequence[Any], depths: Sequence[int] = ()) -> list[Json]:
    answers = []
    for place, node in enumerate(nodes):
        try:
            answers.append(told(node) | ({"depth": depths[place]} if depths else {}))
        except Exception:  # noqa: BLE001 - a widget may go while it is looked at
            continue
    return answers


def matches(node: Any, question: Json) -> bool:
    name, role = question.get("name"), question.get("role")
    if role is not None and node.getRoleName() != role:
        return False
    if name is None:
        return True
    own = node.name or ""
    return bool(own.startswith(name[:-1]) if name.endswith("*") else own == name)


def top_window(root: Any) -> Any:
    """The dialog that stands before everything else, if there is one: what lies behind it cannot be used."""
    dialogs = [child for child in (root.getChildAtIndex(place) for place in range(root.childCount)) if is_dialog(child)]
    return dialogs[-1] if dialogs else root


def is_dialog(node: Any) -> bool:
    try:
        return node is not None and node.getRoleName() == "dialog" and is_shown(node)
    except Exception:  # noqa: BLE001 - a dialog may close while it is looked at
        return False


def nodes(question: Json) -> Iterator[Any]:
    root = application(question["application"])
    if root is None:
        return
    root = top_window(root)
    for node, _ in walk(root):
        try:
            if matches(node, question):
                yield node
        except Exception:  # noqa: BLE001 - a widget may go while it is looked at
            continue


def answer(question: Json) -> Any:
    what = question["do"]
    if what == "tree":
        root = application(question["application"])
        return [] if root is None else all_told(*zip(*walk(root), strict=True))
    if what == "focused":
        root = application(question["application"])
        here = [] if root is None else [node for node, _ in walk(root) if has_focus(node)]
        return focused(here)
    found = list(nodes(question))
    if what == "find":
        return all_told(found[:20])
    if not found:
        return None
    if what == "press":
        action = found[0].queryAction()
        wanted = [place for place in range(action.nActions) if action.getName(place) in ("Press", "Toggle", "ShowMenu")]
        return action.doAction(wanted[0] if wanted else 0)
    if what == "focus":
        return found[0].queryComponent().grabFocus()
    if what == "write":
        found[0].queryComponent().grabFocus()
        return found[0].queryEditableText().setTextContents(question["text"])
    if what == "choose":
        selection = found[0].parent.querySelection()
        return selection.selectChild(found[0].getIndexInParent())
    raise ValueError(what)


def main() -> None:
    for line in sys.stdin:
        try:
            reply = {"answer": answer(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - the asker is told
            reply = {"error": repr(error)}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
