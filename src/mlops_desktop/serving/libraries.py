"""The libraries that answering needs beside Python's own, by the names under which they are distributed."""

from __future__ import annotations

from typing import Final

DISTRIBUTIONS: Final = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "uvicorn")
"""What serving imports itself or a model is made of; what these need comes with them."""

NOT_IMPORTED: Final = ("prettytable",)
"""What these ask for and serving never imports: skops draws its reports for people with it."""
