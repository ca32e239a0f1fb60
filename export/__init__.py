"""Writes what serving uses: `python -m export`."""
