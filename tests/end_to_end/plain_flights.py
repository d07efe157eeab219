"""A plain scikit-learn script, outside the program: `python plain_flights.py FLIGHTS.csv[.zip] WHAT`.

WHAT is holdout or time_ordered: prints the metrics of HistGradientBoosting, fold by fold, as a person would compute
them in a notebook. Or predictions: fits on all rows, and prints the first thousand with their chances of being late.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score
from sklearn.model_selection import TimeSeriesSplit, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from threadpoolctl import threadpool_limits

NUMBERS = ["month", "day", "sched_dep_time", "sched_arr_time", "flight", "distance", "hour", "minute"]
CATEGORIES = ["carrier", "origin", "dest"]
SEED = 0

path, what = sys.argv[1:]
flights = pd.read_csv(path)
flights = flights[flights["arr_delay"].notna()].reset_index(drop=True)
late = (flights["arr_delay"] > 15).to_numpy()
inputs = pd.concat([flights[NUMBERS].astype("float64"), flights[CATEGORIES]], axis=1)

if what == "predictions":
    folds = [(np.arange(len(inputs)), np.arange(min(1000, len(inputs))))]
elif what == "holdout":
    rows = np.arange(len(inputs))
    folds = [train_test_split(rows, test_size=0.2, random_state=SEED, stratify=late)]
else:
    order = np.argsort(pd.to_datetime(flights["time_hour"]).to_numpy(), kind="stable")
    folds = [(order[train], order[check]) for train, check in TimeSeriesSplit(3).split(order)]

figures: dict[str, list[float]] = {"roc_auc": [], "average_precision": [], "log_loss": []}
with threadpool_limits(1):
    for train, check in folds:
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan, max_categories=50
        )
        model = make_pipeline(
            ColumnTransformer([("numbers", "passthrough", NUMBERS), ("categories", encoder, CATEGORIES)]),
            HistGradientBoostingClassifier(
                max_iter=20, random_state=SEED, categorical_features=range(len(NUMBERS), len(NUMBERS) + len(CATEGORIES))
            ),
        )
        model.fit(inputs.iloc[train], late[train])
        chance = model.predict_proba(inputs.iloc[check])[:, 1]
        if what == "predictions":
            rows = json.loads(inputs.iloc[check].to_json(orient="records"))
            json.dump({"rows": rows, "chances": chance.tolist()}, sys.stdout)
            sys.exit()
        figures["roc_auc"].append(roc_auc_score(late[check], chance))
        figures["average_precision"].append(average_precision_score(late[check], chance))
        figures["log_loss"].append(log_loss(late[check], chance))
json.dump({"numbers": NUMBERS, "categories": CATEGORIES, "figures": figures}, sys.stdout)
