"""Prepared folders as a TensorFlow Datasets set, `labelled_photos`; only this package and a reader import that library."""
