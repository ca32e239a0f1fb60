"""Exports of trained runs as SavedModel, ONNX and TFLite: `tfhd export`."""
