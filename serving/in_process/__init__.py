"""A SavedModel in this process: called by signature, or with the methods of `tfhd_client.Client`."""
