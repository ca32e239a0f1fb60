"""Paints pictures from label map files: `tfhd synthesize`, or `python -m serving synthesize` in the checkout."""
