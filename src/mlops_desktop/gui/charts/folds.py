"""One metric fold by fold: a dot each, mean and spread as a named line and a band, the test value as a diamond."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_desktop.gui import formats
from mlops_desktop.gui.charts.lines import LineChart
from mlops_desktop.gui.charts.values import Axis, Limit, Lines, Series
from mlops_desktop.gui.theme.theme import Theme

TEST_STYLE = 1


class FoldChart(LineChart):
    """`show_folds` takes a metric as it was measured."""

    def __init__(self, theme: Theme, summary: str = "Metric by fold") -> None:
        super().__init__(theme, summary)
        self.legend = None

    def show_folds(
        self,
        metric: str,
        folds: Sequence[float],
        *,
        labels: Sequence[str] = (),
        std: float | None = None,
        test: float | None = None,
    ) -> None:
        names = list(labels) or [f"Fold {place + 1}" for place in range(len(folds))]
        names += [] if test is None else ["Test"]
        places = formats.decimals([*folds, *([] if test is None else [test])])
        mean = sum(folds) / len(folds) if folds else 0.0
        series = [Series(metric, tuple(map(float, range(len(folds)))), tuple(folds), 0, has_line=False, has_dots=True)]
        limits: list[Limit] = []
        if folds:
            low, high = (mean - std, mean + std) if std is not None else (None, None)
            limits.append(Limit(mean, f"mean {formats.number(mean, places)}", token="accent-text", low=low, high=high))
        if test is not None:
            series.append(Series("test", (float(len(folds)),), (test,), TEST_STYLE, has_line=False, has_dots=True))
        axis = Axis(words=lambda value: formats.number(value, places))
        self.show_lines(
            Lines(tuple(series), Axis(names=tuple(names)), axis, tuple(limits)),
            fold_sentence(metric, folds, std=std, test=test),
        )


def fold_sentence(metric: str, folds: Sequence[float], *, std: float | None, test: float | None) -> str:
    """`roc_auc over 5 folds: mean 0.7044 ± 0.0080, test 0.7075.`"""
    if not folds:
        return f"{metric}: no fold is measured yet."
    places = formats.decimals(folds)
    mean = formats.number(sum(folds) / len(folds), places)
    spread = f" ± {formats.number(std, places)}" if std is not None else ""
    on_test = f", test {formats.number(test, places)}" if test is not None else ""
    return f"{metric} over {formats.plural(len(folds), 'fold')}: mean {mean}{spread}{on_test}."
