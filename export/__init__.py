"""Exports of trained runs as SavedModel, ONNX and TFLite: `python -m export`."""
