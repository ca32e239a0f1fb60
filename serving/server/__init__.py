"""A server of TensorFlow Serving's protocol, for where that one itself cannot be had."""
