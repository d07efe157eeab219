"""The face with a window: Qt lives here and nowhere else."""
