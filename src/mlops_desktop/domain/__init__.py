"""Words: frozen values, enums, errors and pure rules. Standard library only."""
