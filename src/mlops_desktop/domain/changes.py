"""What changed, as a value: an entry of the change feed, published to every process that looks."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class ChangeKind(enum.StrEnum):
    DATASET = "dataset"
    EXPERIMENT = "experiment"
    RUN = "run"
    MODEL = "model"
    ENDPOINT = "endpoint"
    DEPLOYMENT = "deployment"
    ROLLOUT = "rollout"
    JOB = "job"
    SETTING = "setting"
    HOST = "host"


@dataclass(frozen=True)
class Change:
    """`seq` counts up over the whole workspace; `object_id` names what was made, changed or removed."""

    seq: int
    kind: ChangeKind
    object_id: str
