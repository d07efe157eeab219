"""Rows for Qt's views: ids and frozen values, sorted and filtered by themselves."""
