"""The one exception that the command lines turn into a single line and exit code 2."""

# Defined in the client, which is installed without tfhd, so that one `except` catches the mistakes of both.
from tfhd_client import InputError

__all__ = ["InputError"]
