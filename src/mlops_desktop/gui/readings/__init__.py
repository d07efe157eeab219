"""What pages show, read in the lane as frozen values."""
