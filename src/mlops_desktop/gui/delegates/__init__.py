"""How cells and list entries are painted."""
