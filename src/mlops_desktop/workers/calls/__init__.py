"""Short questions, one module per kind of call."""
