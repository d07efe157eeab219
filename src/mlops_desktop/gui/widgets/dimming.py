"""What is shown but no longer true of what stands beside it."""

from __future__ import annotations

from PySide6.QtWidgets import QGraphicsOpacityEffect, QWidget

_STRENGTH = 0.45


def dim(widget: QWidget, is_dim: bool) -> None:
    """Paler, or as it was."""
    if is_dim == (widget.graphicsEffect() is not None):
        return
    if not is_dim:
        widget.setGraphicsEffect(None)  # type: ignore[arg-type]
        return
    effect = QGraphicsOpacityEffect(widget)
    effect.setOpacity(_STRENGTH)
    widget.setGraphicsEffect(effect)
