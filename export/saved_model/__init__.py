"""A run as a SavedModel for TensorFlow Serving: `tfhd export saved-model`."""
