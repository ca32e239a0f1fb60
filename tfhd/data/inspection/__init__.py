"""What `tfhd train check-data` reports, and what `fit` checks before it trains."""
