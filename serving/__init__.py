"""Uses exported models: `tfhd serving`, or `python -m serving` in the checkout."""
