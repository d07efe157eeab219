"""The parts of the form of a new run: each shows a draft and says how the person changes it."""
