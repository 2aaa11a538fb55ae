"""From raw corpora to an accepted submission for a humour-generation shared task."""

__version__ = "0.1.0"
