"""Serves models by TensorFlow Serving's protocol: starts that program, or a server of tfhd's own where it is not available."""
