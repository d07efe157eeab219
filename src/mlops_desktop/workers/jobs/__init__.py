"""Long work, one module per kind of job."""
