"""`tfhd train experiment`: the rows of a table of the paper, trained and scored alike."""
