"""A generator as an ONNX model: `tfhd export onnx`."""
