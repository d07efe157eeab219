"""The columns that the plain script learns from."""

from __future__ import annotations

NUMBERS = ("month", "day", "sched_dep_time", "sched_arr_time", "flight", "distance", "hour", "minute")
CATEGORIES = ("carrier", "origin", "dest")
