"""How MLflow opens a bundle: `mlflow.pyfunc.load_model(folder)` calls `_load_pyfunc`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_desktop.serving.model import Model, load

if TYPE_CHECKING:
    import pandas as pd


class PyfuncModel:
    """What MLflow asks: frames in, frames out, as `Model.predict_frame` answers them."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """`model_input` is a frame, or what makes one (a list of rows, a dictionary of columns)."""
        del params  # the signature declares none
        import pandas as pd

        frame = model_input if isinstance(model_input, pd.DataFrame) else pd.DataFrame(model_input)
        return self.model.predict_frame(frame)


def _load_pyfunc(path: str, model_config: dict[str, Any] | None = None) -> PyfuncModel:
    """`path` is the bundle's folder. Raises BundleError where it is damaged or holds what we do not trust."""
    del model_config
    return PyfuncModel(load(Path(path), compiled=True))
