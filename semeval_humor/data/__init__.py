"""Corpora to jokes to training pairs."""
