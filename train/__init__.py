"""Command lines that train: `tfhd train`."""
