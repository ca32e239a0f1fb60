"""The generator in the formats of other runtimes."""
