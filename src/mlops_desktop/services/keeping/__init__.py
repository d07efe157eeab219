"""Makes wishes happen: what the keeper does at every turn."""
