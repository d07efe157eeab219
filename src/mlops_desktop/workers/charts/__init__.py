"""Charts of runs, drawn with matplotlib's object API from stored figures, in the design's colours."""
