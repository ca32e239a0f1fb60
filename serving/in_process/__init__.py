"""Runs a SavedModel in this process, by signature or with the methods of `tfhd_client.Client`."""
