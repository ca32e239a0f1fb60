"""Reads data sets: finds a split's files, pairs them, and decodes an example into arrays."""

from tfhd.readers.instances import connected_instances
from tfhd.readers.pairing import Example, find_examples, has_split

__all__ = ["Example", "connected_instances", "find_examples", "has_split"]
