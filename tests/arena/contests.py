"""Contests, voters and browsers for tests of the voting page."""

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.testclient import TestClient

from semeval_humor.arena.app import create_app
from semeval_humor.arena.contest import Contest, contest
from semeval_humor.arena.guards import Limiter
from semeval_humor.arena.leaderboard import Lead, Standings
from semeval_humor.arena.store import Store
from semeval_humor.arena.voting import Voting
from semeval_humor.ratings import rate
from semeval_humor.schema import Gif, GifPrompt, Headline, Lang, Prompt, Task, Vote, WordPair

ADDRESS = "http://127.0.0.1:8080"
OWN = {"origin": ADDRESS}

HEADLINES = {
    Lang.EN: "Library to lend out umbrellas after third wet week",
    Lang.ES: "La biblioteca prestará paraguas tras la tercera semana de lluvia",
    Lang.ZH: "连下三周雨，图书馆开始出借雨伞",
}


def prompts(number: int, lang: Lang = Lang.EN) -> list[Prompt]:
    """Headlines and pairs of words in turn."""
    asked = (Headline(HEADLINES[lang]), WordPair("borrow", "puddle"))
    return [
        Prompt(f"{lang}_{each:04}", Task.A, lang, asked[each % 2]) for each in range(1, number + 1)
    ]


GIFS = [
    Prompt("img_0001", Task.B1, Lang.EN, Gif("https://gifs.example/one.gif")),
    Prompt(
        "img_2_0001", Task.B2, Lang.EN, GifPrompt("https://more.example/two.gif", "Me after ______")
    ),
]


def made_up(asked: Sequence[Prompt], systems: Sequence[str]) -> Contest:
    """Systems whose jokes differ from each other."""
    return contest(
        asked, {name: {each.id: f"{name}’s {each.id}" for each in asked} for name in systems}
    )


def small(number: int = 3, systems: Sequence[str] = ("ada", "bob", "cid")) -> Contest:
    return made_up(prompts(number), systems)


def one_pair(left: str, right: str, prompt: Prompt | None = None) -> Contest:
    """Two jokes for one prompt."""
    asked = prompt or prompts(1)[0]
    return contest([asked], {"ada": {asked.id: left}, "bob": {asked.id: right}})


def rated(votes: Sequence[Vote]) -> Standings:
    """Ratings from few resamples, for speed."""
    ratings = rate(votes, bootstraps=20, fewest=2)
    names = [row.system for row in ratings.rows[:2]]
    lead = Lead(names[0], names[1], more_votes=7) if len(names) > 1 else None
    return Standings(len(votes), 0, ratings, lead)


def application(
    voted_on: Contest, store: Store, *, token: str | None = None, limiter: Limiter | None = None
) -> Starlette:
    free = limiter or Limiter(burst=10**6)
    return create_app(Voting(voted_on, store), rated, title="Lab night", token=token, limiter=free)


@dataclass(slots=True)
class Voter:
    """A person with a browser of their own, who is known to the server."""

    client: TestClient
    page: str = field(default="", init=False)

    def start(self, token: str = "") -> "Voter":
        self.page = self.post("start", {"token": token})
        return self

    def look(self, path: str = "./") -> str:
        self.page = self.client.get(f"/{path}").text
        return self.page

    def post(self, path: str, form: Mapping[str, str], *, expect: int = 200) -> str:
        answer = self.client.post(f"/{path}", data=dict(form), headers=OWN)
        assert answer.status_code == expect, answer.text
        return answer.text

    def vote(self, choice: str, *, expect: int = 200) -> str:
        form = {"ticket": self.ticket, "choice": choice}
        self.page = self.post("vote", form, expect=expect)
        return self.page

    def undo(self, *, expect: int = 200) -> str:
        self.page = self.post("undo", {"ticket": self.undo_ticket}, expect=expect)
        return self.page

    @property
    def ticket(self) -> str:
        return hidden(self.page, "vote")

    @property
    def undo_ticket(self) -> str:
        return hidden(self.page, "undo")

    @property
    def jokes(self) -> list[str]:
        return [
            unescape(each)
            for each in re.findall(r'class="text".*?<bdi[^>]*>(.*?)</bdi>', self.page, re.S)
        ]


def hidden(page: str, action: str) -> str:
    """Ticket in a form of a page."""
    found = re.search(rf'action="{action}".*?name="ticket" value="([^"]*)"', page, re.S)
    assert found, page
    return found[1]


def browser(app: Starlette) -> TestClient:
    return TestClient(app, base_url=ADDRESS)


def voter(app: Starlette, token: str = "") -> Voter:
    return Voter(browser(app)).start(token)


@contextlib.contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Address of an application that a real server serves."""
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def opened(folder: Path) -> Store:
    return Store(folder / "votes.sqlite", new=True)
