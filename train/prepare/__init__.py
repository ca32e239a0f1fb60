"""`tfhd train prepare`: data sets and annotations as others wrote them become folders to train on."""
