"""The call that checks an estimator's parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_desktop.workers.calls import parameter_form


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """`estimator`, `task`, `params`, perhaps `class_weight` -> {estimator, params}.

    Raises InvalidInputError naming the parameter.
    """
    return parameter_form.answer({**request, "check": True})
