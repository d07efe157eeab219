"""Short questions, one module per kind of call. Each has `answer(request) -> dict`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CALLS: Mapping[str, str] = MappingProxyType(
    {
        "preview": "mlops_desktop.workers.calls.preview",
        "obstacle": "mlops_desktop.workers.calls.obstacle",
        "page": "mlops_desktop.workers.calls.page",
        "difference": "mlops_desktop.workers.calls.difference",
        "leakage": "mlops_desktop.workers.calls.leakage",
        "estimators": "mlops_desktop.workers.calls.estimators",
        "parameter_form": "mlops_desktop.workers.calls.parameter_form",
        "check": "mlops_desktop.workers.calls.check",
        "check_bundle": "mlops_desktop.workers.calls.check_bundle",
        "chart": "mlops_desktop.workers.calls.chart",
    }
)
