"""The workshop: everything heavy runs here, in child processes."""
