"""Activity: what runs, waits, is done and failed, at the right of the window."""
