"""What the window says in passing: one notice at a time, all of them kept, and the desktop's own when nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from mlops_desktop.gui import formats
from mlops_desktop.gui.readings.activity import LONG_WORK, ActivityFacts, State, Work
from mlops_desktop.gui.statuses import run_sign
from mlops_desktop.gui.widgets.notices import Notice

if TYPE_CHECKING:
    from mlops_desktop.gui.shell import Shell

Act = Callable[[], object]


@dataclass(frozen=True)
class Said:
    """One notice. `act` takes back what was done or leads to it, and is called `action`; it is not kept."""

    sentence: str
    icon: str
    token: str
    at: datetime
    action: str = ""
    act: Act | None = field(default=None, compare=False)

    @property
    def is_passive(self) -> bool:
        """Whether it only tells of work that ended by itself."""
        return self.action == "Open"


class Notifications(QObject):
    """`said` is newest first. `tell_desktop` is given a title and a sentence."""

    def __init__(self, shell: Shell, tell_desktop: Callable[[str, str], object]) -> None:
        super().__init__(shell)
        self._shell, self._tell_desktop = shell, tell_desktop
        self._open: dict[str, Work] | None = None
        self._storm: list[Said] = []
        self._standing: Said | None = None
        self.said: list[Said] = [
            Said(sentence, icon, "muted", datetime.fromisoformat(at))
            for at, icon, sentence in shell.state.notices
            if _is_time(at)
        ]
        self.notice = Notice(shell.context.theme, shell.window)
        self.notice.dismissed.connect(self._on_dismissed)
        self.notice.acted.connect(self._on_acted)

    def say(
        self, sentence: str, icon: str = "info", act: Act | None = None, action: str = "Undo", token: str = "muted"
    ) -> None:
        """Shows the sentence, and keeps it for Activity."""
        said = Said(sentence, icon, token, self._shell.context.clock(), action if act else "", act)
        self.said.insert(0, said)
        self._shell.remember(self._shell.state.with_notice(said.at, icon, sentence))
        if not said.is_passive:
            self._storm = []
            self._show(said)
        else:
            self._storm.append(said)
            self._show(said if len(self._storm) == 1 else self._storm_line())

    def take_back(self) -> None:
        """Undoes what the notice that stands says."""
        if self._standing is not None and self._standing.action == "Undo":
            self.do(self._standing)
        elif self._standing is None:
            self._shell.say("Nothing to undo now. What was moved to the trash is in Settings, Trash.", "info")

    def do(self, said: Said) -> None:
        """What the notice offers; an Undo only once."""
        if said.act is None:
            return
        if said.action == "Undo":
            self.said = [Said(o.sentence, o.icon, o.token, o.at) if o is said else o for o in self.said]
        if self._standing is said:
            self.notice.dismiss()
        said.act()
        self._shell.said_changed()

    def follow(self, facts: ActivityFacts) -> None:
        """Says what ended since the last look; the first look says nothing."""
        going = {work.id: work for work in facts.works if work.state in (State.RUNNING, State.WAITING)}
        if self._open is not None:
            ended = [work for work in facts.works if work.id in self._open and work.id not in going]
            for work in ended:
                self._say_ended(work)
            self._say_outside([work for work in ended if work.taken > LONG_WORK])
        self._open = going

    def _say_ended(self, work: Work) -> None:
        sign = run_sign(work.sign)
        place = work.place
        act = (lambda: self._shell.go(place)) if place else lambda: self._shell.show_activity(work.state)
        self.say(_ending(work), sign.icon, act, "Open", sign.token)

    def _say_outside(self, ended: list[Work]) -> None:
        if not ended or self._shell.window.isActiveWindow():
            return
        sentence = _ending(ended[0]) if len(ended) == 1 else _many(ended)
        self._tell_desktop(self._shell.window.windowTitle(), sentence)

    def _storm_line(self) -> Said:
        """All that ended while the notice stood, as one line."""
        failed = sum(said.token in ("error", "warn") for said in self._storm)
        sentence = f"{formats.count(len(self._storm))} pieces of work ended"
        sentence += f", {formats.count(failed)} failed" if failed else ""
        state = State.FAILED if failed else State.DONE
        sign = run_sign("failed" if failed else "finished")
        act = lambda: self._shell.show_activity(state)  # noqa: E731 - said with the others
        return Said(sentence, sign.icon, sign.token, self._storm[-1].at, "Open", act)

    def _show(self, said: Said) -> None:
        self._standing = said if said.act is not None else None
        self.notice.show_line(said.sentence, said.icon, said.token, said.action)
        self._shell.said_changed()

    def _on_dismissed(self) -> None:
        self._storm, self._standing = [], None

    def _on_acted(self) -> None:
        said = self._standing
        self.notice.dismiss()
        if said is not None:
            self.do(said)


def _ending(work: Work) -> str:
    words = {"finished": "finished", "failed": "failed", "cancelled": "was cancelled", "lost": "was lost"}
    why = f": {work.failure.message}" if work.failure and work.state is State.FAILED else ""
    return f"{work.title} {words.get(work.sign, 'ended')}{why}"


def _many(ended: list[Work]) -> str:
    failed = sum(work.state is State.FAILED for work in ended)
    return f"{formats.count(len(ended))} pieces of work ended" + (f", {formats.count(failed)} failed" if failed else "")


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
