"""Uses exported models: `python -m serving`."""
