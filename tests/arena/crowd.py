"""Many voters at once, who vote at random and remember what was acknowledged."""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

_TICKET = re.compile(r'action="vote".*?name="ticket" value="([^"]*)"', re.S)


@dataclass(slots=True)
class Person:
    """One voter.

    Attributes:
        client: their browser.
        seed: of what they choose.
        ticket: of the pair before them; None where there is none.
        stored: tickets of acknowledged votes, with the choice.
        unknown: tickets of votes that were sent without an answer coming back.
        statuses: of all answers to votes.
        seconds: from each vote to the next pair.
    """

    client: httpx.AsyncClient
    seed: int
    ticket: str | None = None
    stored: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    async def start(self) -> None:
        await self._post("start", {"token": ""})
        await self.look()

    async def vote(self, choice: str) -> int:
        assert self.ticket is not None
        begin = time.monotonic()
        try:
            answer = await self._post("vote", {"ticket": self.ticket, "choice": choice})
        except httpx.TransportError:
            self.unknown.add(self.ticket)
            raise
        self.statuses[answer.status_code] += 1
        if answer.status_code == 303:
            self.stored[self.ticket] = choice
            self.ticket = None
            await self.look()
            self.seconds.append(time.monotonic() - begin)
        return answer.status_code

    async def vote_until(self, deadline: float, pause_s: float) -> None:
        """Vote at random, with pauses of that length on average."""
        draw = random.Random(self.seed)
        while self.ticket is not None and time.monotonic() < deadline:
            await asyncio.sleep(draw.uniform(0, 2 * pause_s))
            try:
                await self.vote(draw.choice("aabbtn"))
            except httpx.TransportError:
                return  # the server is gone

    async def look(self) -> None:
        """Learn which pair is before them; none if the server cannot say."""
        answer = await self.client.get("/")
        assert answer.status_code in {200, 503}, answer.text
        found = _TICKET.search(answer.text)
        self.ticket = found[1] if found else None

    async def _post(self, path: str, form: dict[str, str]) -> httpx.Response:
        origin = {"origin": str(self.client.base_url).rstrip("/")}
        return await self.client.post(f"/{path}", data=form, headers=origin)


def crowd(address: str, number: int) -> list[Person]:
    """People who have not started yet."""
    context = httpx.create_ssl_context(verify=False)  # made once: it is slow, and not used
    return [
        Person(httpx.AsyncClient(base_url=address, timeout=30, verify=context), seed)
        for seed in range(number)
    ]


async def leave(people: Sequence[Person]) -> None:
    """Close all browsers."""
    await asyncio.gather(*(person.client.aclose() for person in people))
