"""A run as a SavedModel for TensorFlow Serving: `python -m export saved-model`."""
