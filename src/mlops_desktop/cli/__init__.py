"""The command line: the same nouns as sub-commands."""
