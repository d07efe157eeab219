"""How a run is trained: the catalogue, preprocessing, splits, metrics, evaluation and the bundle."""
