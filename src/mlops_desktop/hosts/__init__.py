"""Places where deployments run."""
