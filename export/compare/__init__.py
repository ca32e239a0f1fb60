"""Converted models and SavedModels beside Keras: how far their pictures are apart."""
