"""Expected failures. The library raises them; only the command line prints them and exits.

A message is one line that says where, what was found, what was expected, and the next step.
"""


class HumorError(Exception):
    """Root of every failure that this package foresees."""

    exit_code = 1


class ConfigError(HumorError, ValueError):
    """An option, a config file or their combination makes no sense."""

    exit_code = 2


class DataError(HumorError, ValueError):
    """A file or a text cannot be read as what it should be."""

    exit_code = 2


class EngineError(HumorError, RuntimeError):
    """A model or a server failed."""

    exit_code = 3


def first_line(error: BaseException) -> str:
    """What an error says, at most a line; its name where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)
