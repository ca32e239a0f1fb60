"""A generator as an ONNX model: `python -m export onnx`."""
