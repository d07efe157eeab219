"""The first part of the form: which data, what to predict, and what kind of answer that is."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout

from mlops_desktop.domain.datasets import ColumnType
from mlops_desktop.domain.experiments import Task
from mlops_desktop.domain.findings import to_look_at
from mlops_desktop.gui import formats
from mlops_desktop.gui.context import Context
from mlops_desktop.gui.pages.setup.part import Part
from mlops_desktop.gui.readings.run_setup import Setup
from mlops_desktop.gui.widgets.controls import Choice
from mlops_desktop.gui.widgets.fields import Field

TASKS = {
    Task.BINARY: "Binary classification",
    Task.MULTICLASS: "Multiclass classification",
    Task.REGRESSION: "Regression",
}
TYPES = {
    ColumnType.BOOLEAN: "yes/no",
    ColumnType.INTEGER: "whole numbers",
    ColumnType.FLOAT: "numbers",
    ColumnType.TEXT: "text",
    ColumnType.DATE: "dates",
    ColumnType.DATETIME: "dates with time",
}


class DataPart(Part):
    """Dataset version, target, task, positive class."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setAccessibleName("Data and target")
        theme = context.theme
        self._setup: Setup | None = None
        self.dataset = Choice(theme, "Dataset version")
        self.target = Choice(theme, "Target")
        self.task = Choice(theme, "Task")
        self.positive = Choice(theme, "Positive class")
        self.fields = {
            "dataset": Field(theme, "Dataset version", self.dataset, number="1"),
            "target": Field(theme, "Target", self.target, number="2"),
            "task": Field(theme, "Task", self.task),
            "positive": Field(theme, "Positive class", self.positive),
        }
        self._place()
        self._connect()

    def _place(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(13, 11, 13, 9)
        row.setSpacing(12)
        for name, field in self.fields.items():
            row.addWidget(field, 12 if name == "dataset" else 10)
        self.body.addLayout(row)

    def _connect(self) -> None:
        self.dataset.chosen.connect(lambda value: self.tell(dataset=value))
        self.target.chosen.connect(lambda value: self.tell(target=value, task=None, positive=None))
        self.task.chosen.connect(lambda value: self.tell(task=value, positive=None))
        self.positive.chosen.connect(lambda value: self.tell(positive=value))
        for name in self.fields:
            self.fields[name].reset_asked.connect(lambda name=name: self._on_reset(name))

    def _on_reset(self, name: str) -> None:
        if self._setup is not None:
            self.tell(**{name: getattr(self._setup.base, name)})

    def show_setup(self, setup: Setup) -> None:
        self._setup = setup
        self._show_dataset(setup)
        self._show_target(setup)
        self._show_task(setup)

    def _show_dataset(self, setup: Setup) -> None:
        words = [(name, f"{_version_words(name)}  ·  {formats.plural(rows, 'row')}") for name, rows in setup.datasets]
        self.dataset.set_options(words)
        self.dataset.show_value(setup.draft.dataset)
        version = setup.version
        if version is None:
            return
        known = [rows for name, rows in setup.datasets if name.startswith(f"{version.dataset_name}@")]
        findings = to_look_at(setup.findings)
        latest = next((name for name, _ in setup.datasets if name.startswith(f"{version.dataset_name}@")), "")
        parts = ["latest" if latest == version.reference else f"{len(known)} versions"]
        parts.append(formats.plural(findings, "finding") if findings else "no findings")
        self.fields["dataset"].show_help(" · ".join(parts))

    def _show_target(self, setup: Setup) -> None:
        version, draft = setup.version, setup.draft
        columns = version.columns if version else ()
        self.target.set_options([(column.name, f"{column.name}  ·  {TYPES[column.type]}") for column in columns])
        self.target.show_value(draft.target)
        profile = version.profile(draft.target) if version else None
        missing = profile.missing if profile else 0
        if setup.target_reason:
            words = f"suggested: {setup.target_reason}"
        elif missing:
            words = f"{formats.plural(missing, 'row')} have none" if missing > 1 else "1 row has none"
        else:
            words = "every row has one"
        self.fields["target"].show_help(words)

    def _show_task(self, setup: Setup) -> None:
        usual, draft = setup.usual, setup.draft
        detected = usual.task if usual else None
        self.fields["task"].setVisible(usual is not None)
        self.task.set_options([(task, words) for task, words in TASKS.items()])
        self.task.show_value(draft.task or detected)
        profile = setup.version.profile(draft.target) if setup.version else None
        values = formats.plural(profile.distinct, "value") if profile else ""
        self.fields["task"].show_help(f"{values} · {'chosen' if self._task_changed(setup) else 'detected'}")
        self.fields["task"].set_changed(self._task_changed(setup), "Differs from what was detected")
        task = draft.task or detected
        self.fields["positive"].setVisible(task is Task.BINARY)
        if task is not Task.BINARY or profile is None:
            return
        suggested = usual.positive_label if usual and usual.task is Task.BINARY else None
        labels = [item.value for item in profile.top_values]
        self.positive.set_options([(label, label) for label in sorted(labels)])
        shown = draft.positive or suggested
        self.positive.show_value(shown)
        count = next((item.count for item in profile.top_values if item.value == shown), 0)
        present = profile.rows - profile.missing
        self.fields["positive"].show_help(f"{100 * count / present:.1f} % of the rows" if present else "")
        base = setup.base.positive or suggested
        self.fields["positive"].set_changed(shown != base)

    @staticmethod
    def _task_changed(setup: Setup) -> bool:
        detected = setup.usual.task if setup.usual else None
        return (setup.draft.task or detected) is not (setup.base.task or detected)


def _version_words(reference: str) -> str:
    name, _, number = reference.partition("@")
    return f"{name} {number}"
