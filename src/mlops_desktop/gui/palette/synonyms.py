"""What other programs call our actions; who types such a word finds ours."""

from __future__ import annotations

SYNONYMS = {
    "look": "theme dark light colours appearance",
    "rows": "density compact",
    "keys": "shortcuts keyboard hotkeys",
    "trash": "delete remove bin recover restore",
    "cancel": "stop abort kill",
    "stop": "cancel end shut down",
    "import": "csv tsv file upload open load",
    "run": "train training fit",
    "activity": "jobs tasks progress queue",
    "experiments": "runs metrics results",
    "datasets": "data tables",
    "models": "registry versions",
    "deployments": "endpoints serving servers",
    "deploy": "serve publish",
    "roll": "revert undo previous",
    "help": "guide manual documentation",
    "settings": "preferences options",
    "backup": "export copy save",
    "record": "audit history",
}


def also_called(title: str) -> list[str]:
    """The other words for an action of that title."""
    words = title.lower().rstrip("…").replace(":", "").split()
    return [other for word in words for other in SYNONYMS.get(word, "").split()]
