"""Settings, General: how the window looks and behaves on this computer."""

from __future__ import annotations

from dataclasses import replace

from mlops_desktop.gui.context import Context
from mlops_desktop.gui.settings.section import Section, SettingRow
from mlops_desktop.gui.state import ZOOMS
from mlops_desktop.gui.widgets.controls import Box, Choice, Segments

LOOKS = (("system", "As the system"), ("light", "Light"), ("dark", "Dark"))
DENSITIES = (("compact", "Compact"), ("standard", "Standard"), ("comfortable", "Comfortable"))


class GeneralSection(Section):
    """Look, rows, zoom, and what is asked; all of it at once."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        theme, shell = self._theme, context.shell
        card = self.card("Appearance", "of the windows on this computer")
        self.look = Segments(theme, "Look", LOOKS)
        self.look.chosen.connect(lambda look: shell.set_look(str(look)))
        card.body.addWidget(SettingRow(theme, "Look", "Light or dark, charts included.", self.look))
        self.rows = Segments(theme, "Rows of tables", DENSITIES)
        self.rows.chosen.connect(lambda density: shell.set_density(str(density)))
        rows = SettingRow(theme, "Rows of tables", "24, 30 or 38 pixels high, in this window.", self.rows)
        card.body.addWidget(rows)
        self.zoom = Choice(theme, "Zoom")
        self.zoom.set_options([(percent, f"{percent} %") for percent in ZOOMS])
        self.zoom.setMinimumWidth(96)
        self.zoom.chosen.connect(lambda percent: shell.set_zoom(int(str(percent))))
        card.body.addWidget(
            SettingRow(theme, "Zoom", "Text, icons and controls; also Ctrl+=, Ctrl+- and Ctrl+0.", self.zoom)
        )
        closing = self.card("Closing")
        self.asks = Box(theme, "Ask")
        self.asks.setAccessibleName("Ask before closing while something goes on")
        self.asks.clicked.connect(self._on_asks)
        sentence = "Before the window closes, say what goes on in the background and offer to stop it."
        closing.body.addWidget(SettingRow(theme, "While something goes on", sentence, self.asks))
        self.column.addStretch(1)
        theme.changed.connect(self.refresh)

    def refresh(self) -> None:
        state = self._context.shell.state
        self.look.show_value(state.look)
        self.rows.show_value(state.density)
        self.zoom.show_value(state.zoom)
        self.asks.setChecked(state.asks_on_close)

    def _on_asks(self) -> None:
        shell = self._context.shell
        shell.remember(replace(shell.state, asks_on_close=self.asks.isChecked()))
