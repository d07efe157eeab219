"""Dialogs: to decide something now, each opened with `open()`."""
