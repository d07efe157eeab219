"""What may lie over the pages, each made when it is first wanted: palette, Activity, guide, keys, dialogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_desktop.gui.activity.panel import ActivityPanel
    from mlops_desktop.gui.closing import ClosingDialog, GoingOn
    from mlops_desktop.gui.notifications import Notifications
    from mlops_desktop.gui.palette.palette import Palette
    from mlops_desktop.gui.shell import Shell
    from mlops_desktop.gui.widgets.guide import GuideDialog


class Overlays:
    """Of one window."""

    def __init__(self, shell: Shell) -> None:
        self._shell, self._theme = shell, shell.context.theme
        self._palette: Palette | None = None
        self._activity: ActivityPanel | None = None
        self._notifications: Notifications | None = None
        self._guide: GuideDialog | None = None

    @property
    def palette(self) -> Palette:
        if self._palette is None:
            from mlops_desktop.gui.palette.palette import Palette

            self._palette = Palette(self._shell)
        return self._palette

    @property
    def activity(self) -> ActivityPanel:
        if self._activity is None:
            from mlops_desktop.gui.activity.panel import ActivityPanel

            self._activity = ActivityPanel(self._shell)
            self._activity.show_facts(self._shell.works)
        return self._activity

    @property
    def shown_activity(self) -> ActivityPanel | None:
        """The panel while it is open."""
        return self._activity if self._activity is not None and self._activity.isVisible() else None

    @property
    def has_activity(self) -> bool:
        return self._activity is not None

    @property
    def notifications(self) -> Notifications:
        if self._notifications is None:
            from mlops_desktop.gui.notifications import Notifications
            from mlops_desktop.gui.widgets.desktop_notice import DesktopNotice

            self._notifications = Notifications(self._shell, DesktopNotice(self._theme, self._shell.window).tell)
        return self._notifications

    def raise_notice(self) -> None:
        """What was said last stays above what opened since."""
        if self._notifications is not None and self._notifications.notice.isVisible():
            self._notifications.notice.raise_()

    def show_guide(self, page: str) -> None:
        from mlops_desktop.gui.widgets.guide import PAGE_OF, GuideDialog

        if self._guide is None:
            self._guide = GuideDialog(self._theme, self._shell.window)
        self._guide.show_page(PAGE_OF.get(page, page if page.endswith(".md") else "index.md"))
        self._guide.show()
        self._guide.raise_()

    def show_keys(self) -> None:
        from mlops_desktop.gui.widgets.keys_sheet import KeysDialog

        KeysDialog(self._theme, self._shell.window).open()

    def ask_to_close(self, going_on: GoingOn, decided: Callable[[bool, bool], None]) -> ClosingDialog:
        from mlops_desktop.gui.closing import ClosingDialog

        dialog = ClosingDialog(self._theme, going_on, self._shell.window)
        dialog.decided.connect(decided)
        dialog.open()
        return dialog

    def end(self) -> None:
        if self._notifications is not None:
            self._notifications.notice.dismiss()
        for layer in (self._palette, self._activity, self._guide):
            if layer is not None:
                layer.hide()
