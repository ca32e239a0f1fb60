"""`python -m demo`: trains a small model on rendered streets and shows what it synthesizes."""
