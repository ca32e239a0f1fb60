"""Uses exported models: `tfhd serve` and `tfhd synthesize`, or `python -m serving COMMAND` in the checkout."""
