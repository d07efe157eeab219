"""Charts, painted by Qt from frozen values."""
