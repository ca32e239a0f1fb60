"""Pieces of exported graphs: assertions whose messages reach a client, PNG pictures, raw ids to classes."""
