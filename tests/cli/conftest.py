"""What commands change of the process that runs them, and tests change back."""

import logging
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _restored_process() -> Iterator[None]:
    handlers, terminate = logging.getLogger().handlers[:], signal.getsignal(signal.SIGTERM)
    yield
    logging.getLogger().handlers[:] = handlers
    signal.signal(signal.SIGTERM, terminate)
