"""One thread that does all work on the votes file, so that a slow disk stops nobody's page."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from semeval_humor.errors import HumorError

PATIENCE_S = 5.0
"""Seconds that work waits for its turn."""

Result = TypeVar("Result")


class Worker:
    """Does one thing after the other."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "votes")

    async def __call__(self, work: Callable[[], Result]) -> Result:
        """Wait for some work to be done.

        Raises:
            HumorError: there is too much to do before; the work will not be done.
        """
        waiting = self._thread.submit(work)
        done = asyncio.wrap_future(waiting)
        # Shielded: work that has begun goes on, and what it says is what has happened.
        await asyncio.wait([done], timeout=PATIENCE_S)
        if waiting.cancel():
            raise HumorError(f"too busy: work on the votes waited for {PATIENCE_S:.0f} s")
        return await done
