"""Memory: the SQLite registry, artifact and bundle files, the change feed and secrets."""
