"""What `tfhd train evaluate` measures, of what, and how it is shown."""
