"""What Try it asks and shows: a request typed in by the signature, and the endpoint's answer."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_desktop.domain.errors import UserError
from mlops_desktop.domain.models import SignatureField
from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.deployments import EndpointFacts, read_endpoint

if TYPE_CHECKING:
    from mlops_desktop.services.workspace import Workspace

Row = dict[str, object]


@dataclass(frozen=True)
class TryFacts:
    """`reference` is the version that answers, or answered last; empty where there never was one."""

    read_at: datetime
    names: tuple[str, ...] = ()
    one: EndpointFacts | None = None
    reference: str = ""
    is_champion: bool = False


@dataclass(frozen=True)
class Signature:
    """What the version takes, with real rows to begin from."""

    reference: str
    inputs: tuple[SignatureField, ...] = ()
    examples: tuple[Mapping[str, object], ...] = ()
    positive_label: str | None = None
    threshold: float | None = None
    target: str = ""


@dataclass(frozen=True)
class Prediction:
    """One answer. `chances` are the probabilities by label, the most probable first."""

    value: object
    chances: tuple[tuple[str, float], ...] = ()

    @property
    def label(self) -> str:
        return shown_value(self.value)

    @property
    def chance(self) -> float | None:
        """Of the label that was predicted."""
        return next((share for label, share in self.chances if label == self.label), None)


@dataclass(frozen=True)
class Sent:
    """One request of this visit and how it was answered; `answer` or `error`."""

    at: datetime
    rows: tuple[Row, ...]
    milliseconds: float
    answer: Mapping[str, Any] = field(default_factory=dict)
    error: BaseException | None = None

    @property
    def reference(self) -> str:
        return str(self.answer.get("model", ""))

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        return tuple(_prediction(item) for item in self.answer.get("predictions", ()))


def ask(workspace: Workspace, endpoint: str, rows: Sequence[Row], clock: Callable[[], datetime]) -> Sent:
    """The endpoint's answer or its refusal, with the time it took from here."""
    at, started = clock(), time.perf_counter()
    answer: Mapping[str, Any] = {}
    refusal: UserError | None = None
    try:
        answer = workspace.deployments.predict(endpoint, rows)
    except UserError as error:
        refusal = error
    return Sent(at, tuple(rows), 1000 * (time.perf_counter() - started), answer, refusal)


def read_try(workspace: Workspace, now: datetime, endpoint: str) -> TryFacts:
    """The endpoint of that name, else the first one."""
    endpoints = [found for found, _ in workspace.deployments.list()]
    names = tuple(found.name for found in endpoints)
    if not endpoints:
        return TryFacts(now)
    chosen = next((found for found in endpoints if found.name == endpoint), endpoints[0])
    one = read_endpoint(workspace, chosen)
    reference = one.spoken_of.model_reference if one.spoken_of is not None else ""
    champion = one.version is not None and "champion" in one.version.aliases
    return TryFacts(now, names, one, reference, champion)


def read_signature(workspace: Workspace, reference: str) -> Signature:
    contents = workspace.models.contents(reference)
    rows = tuple(workspace.models.example_rows(reference))
    return Signature(reference, contents.inputs, rows, contents.positive_label, contents.threshold, contents.target)


def _prediction(item: Mapping[str, Any]) -> Prediction:
    chances = item.get("probabilities") or {}
    ordered = sorted(((str(label), float(share)) for label, share in chances.items()), key=lambda pair: -pair[1])
    return Prediction(item.get("prediction"), tuple(ordered))


# --- values and their text --------------------------------------------------------------------------------------------


def text_of(value: object) -> str:
    """A value as it is typed; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def value_of(column: SignatureField, text: str) -> tuple[object, str]:
    """What was typed as a value for the request, and why it cannot be sent, if it cannot."""
    typed = text.strip()
    if not typed:
        return None, ""
    if column.type == "boolean":
        known = {"true": True, "false": False, "1": True, "0": False}
        if typed.lower() in known:
            return known[typed.lower()], ""
        return text, "true or false, or empty for null"
    if column.role == "numeric" or column.type in ("integer", "float"):
        return _number(column, typed)
    if column.role == "date" or column.type in ("date", "datetime"):
        try:
            datetime.fromisoformat(typed)
        except ValueError:
            return text, "a date like 2024-05-31 or 2024-05-31T17:30"
        return typed, ""
    return text, ""


def _number(column: SignatureField, typed: str) -> tuple[object, str]:
    plain = typed.replace("−", "-")
    wanted = "a whole number, or empty for null" if column.type == "integer" else "a number, or empty for null"
    try:
        whole = int(plain)
    except ValueError:
        pass
    else:
        return whole, ""
    try:
        value = float(plain)
    except ValueError:
        return typed, wanted
    return (value, "") if math.isfinite(value) else (typed, wanted)


def typed_row(signature: Signature, row: Row) -> Row:
    """The row as the form shows it: what JSON gave as a text is the number or the truth that the column wants."""
    known = {column.name: column for column in signature.inputs}
    typed = dict(row)
    for name, value in row.items():
        if name in known and isinstance(value, str):
            typed[name] = value_of(known[name], value)[0]
    return typed


def is_long(column: SignatureField) -> bool:
    """Whether its values want the whole width: a time with its zone."""
    return column.type == "datetime"


def help_of(column: SignatureField) -> str:
    """What training saw, digits as they are typed; else the type."""
    if column.type in ("integer", "float"):
        return re.sub(r"(?<=\d),(?=\d{3})", "", column.seen) or column.type
    return column.seen or {"text": "text", "boolean": "true or false"}.get(column.type, column.type)


def unknown_columns(signature: Signature, rows: Sequence[Row]) -> list[str]:
    known = {column.name for column in signature.inputs}
    return list(dict.fromkeys(name for row in rows for name in row if name not in known))


def body_text(rows: Sequence[Row]) -> str:
    """The request as JSON, a column a line."""
    return json.dumps({"rows": list(rows)}, indent=2, ensure_ascii=False)


def parse_body(text: str) -> tuple[list[Row], str]:
    """The rows of a typed request, and why it is none, if so."""
    try:
        content = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        return [], f"Not JSON. Line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}."
    except (ValueError, RecursionError) as error:
        return [], f"Not JSON: {error}."
    rows = content.get("rows") if isinstance(content, dict) else content
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        return [], 'A request is {"rows": [{column: value, …}, …]} with at least one row.'
    return [dict(row) for row in rows], ""


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no value of JSON")


# --- the answer in words ----------------------------------------------------------------------------------------------


def shown_value(value: object) -> str:
    if isinstance(value, float):
        return formats.number(value, formats.decimals([value]))
    return formats.value(value)


def by_words(sent: Sent, endpoint: str) -> str:
    """Which version answered."""
    from mlops_desktop.gui.readings.deployments import version_words

    return version_words(sent.reference, endpoint) if sent.reference else formats.NOT_SET


def share_words(share: float | None) -> str:
    return formats.NOT_SET if share is None else formats.number(share, 4)


def threshold_words(signature: Signature) -> str:
    if signature.threshold is None or signature.positive_label is None:
        return ""
    limit = formats.number(signature.threshold, 2)
    return f"The mark is the decision threshold: from {limit} on it says {signature.positive_label}."


def error_title(error: BaseException) -> str:
    status = getattr(error, "status", 0)
    return {
        401: "401 Token refused",
        413: "413 Too large",
        415: "415 Not JSON",
        422: "422 Refused",
    }.get(status, f"{status} Refused" if status else "No answer")
