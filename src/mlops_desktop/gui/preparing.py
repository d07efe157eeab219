"""Makes the pages while the window rests, in small steps, so that the first way to each is short."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer

from mlops_desktop.gui.lanes import Lanes
from mlops_desktop.gui.navigator import Navigator
from mlops_desktop.gui.pages.book import PAGES, module_of

REST_SECONDS = 0.25
DIALOGS = ("dialogs.deploy", "dialogs.register", "palette.palette")


class Preparing(QObject):
    """Loads a page's modules in a lane, then makes it, then puts it into the window: each in a step of its own.

    Not in inline mode, where nothing rests.
    """

    def __init__(self, navigator: Navigator, lanes: Lanes, parent: QObject) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._steps: list[Callable[[], object]] = []
        for name in PAGES:
            make = partial(navigator.make_ready, name)
            self._steps += [partial(self._load, module_of(name)), make, make]
        self._steps += [partial(self._load, f"mlops_desktop.gui.{name}") for name in DIALOGS]
        self._steps.append(lanes.keep_objects)
        self._rest = QTimer(self, singleShot=True, interval=round(REST_SECONDS * 1000))
        self._rest.timeout.connect(self._on_rest)

    @property
    def is_done(self) -> bool:
        return not self._steps

    def begin(self) -> None:
        if not self._lanes.is_inline:
            self._rest.start()

    def end(self) -> None:
        self._steps.clear()
        self._rest.stop()

    def _load(self, module: str) -> None:
        self._lanes.call(lambda: importlib.import_module(module), owner=self)

    def _on_rest(self) -> None:
        """One step, unless the lanes are at work: then what they bring comes first."""
        if self._steps:
            self._rest.start()
            if self._lanes.is_idle:
                self._steps.pop(0)()
