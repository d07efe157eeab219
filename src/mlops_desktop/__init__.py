"""MLOps Desktop: one workspace folder, a desktop window and a command line over the same core."""

__version__ = "0.1.0"
