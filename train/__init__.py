"""Command lines that train: `python -m train`."""
