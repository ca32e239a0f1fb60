"""Paints label map files: `tfhd synthesize`."""
