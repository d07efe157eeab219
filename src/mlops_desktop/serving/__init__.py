"""What travels with a model: the bundle's format and the code that answers predictions from it."""
