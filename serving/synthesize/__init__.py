"""Pictures from label map files: `python -m serving synthesize`."""
