"""A plain scikit-learn script, outside the program: `python plain_answers.py MODEL.skops FLIGHTS.csv`.

Prints the rows and the chances of being late that the pipeline in the file gives them, each column made by pandas.
"""

from __future__ import annotations

import json
import sys

import pandas as pd
import skops.io
from threadpoolctl import threadpool_limits

NUMBERS = ["month", "day", "sched_dep_time", "sched_arr_time", "flight", "distance", "hour", "minute"]
TEXTS = ["carrier", "origin", "dest"]

model, table = sys.argv[1:]
flights = pd.read_csv(table)
times = pd.to_datetime(flights["time_hour"], utc=True).dt
inputs = pd.concat([flights[NUMBERS].astype("float64"), flights[TEXTS].astype(object)], axis=1)
for part in ("year", "month", "day", "day_of_year", "hour", "minute"):
    inputs[f"time_hour:{part}"] = getattr(times, part).astype("float64")
inputs["time_hour:weekday"] = times.day_of_week.astype("float64")
pipeline = skops.io.load(model, trusted=skops.io.get_untrusted_types(file=model))
with threadpool_limits(1):
    chances = pipeline.predict_proba(inputs[list(pipeline.feature_names_in_)])[:, 1]
rows = json.loads(flights[[*NUMBERS, *TEXTS, "time_hour"]].to_json(orient="records"))
json.dump({"rows": rows, "chances": chances.tolist()}, sys.stdout)
