"""The models over HTTP, as JSON: TensorFlow Serving's REST interface."""
