"""Converted models and SavedModels compared with Keras."""
