"""Paints pictures from label map files: `tfhd synthesize`, or `tfhd synthesize` in the checkout."""
