"""The pages that voters see."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from semeval_humor.arena.contest import Contest
from semeval_humor.arena.leaderboard import Lead, Leaderboard, Standings
from semeval_humor.arena.voting import Ballot
from semeval_humor.html.charts import CHART_CSS
from semeval_humor.html.intervals import INTERVAL_CSS, Interval, interval_plot
from semeval_humor.html.page import CSS, visible
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Constraint, Gif, GifPrompt, Headline, Lang, WordPair

LONGEST = 2048
"""Characters of a joke that are shown; the organisers keep no more."""

_TASKS = {
    **{f"a-{lang}": f"Jokes in {LANGUAGES[lang].english_name}" for lang in Lang},
    "b1": "Captions for GIFs",
    "b2": "Captions that fill a blank",
}
_SHORT_TASKS = {
    **{f"a-{lang}": LANGUAGES[lang].english_name for lang in Lang},
    **{"b1": "GIFs", "b2": "Blanks"},
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages load: its address, which changes with its content."""

    name: str
    kind: str
    content: bytes

    @property
    def address(self) -> str:
        """Relative to any page."""
        return f"static/{self.name}?{hashlib.sha256(self.content).hexdigest()[:12]}"


class Pages:
    """Writes pages. Whatever is put into them is text: only templates make elements."""

    def __init__(self, title: str, contest: Contest) -> None:
        """Prepare to write.

        Args:
            title: on top of each page.
            contest: what is voted on.
        """
        self._contest = contest
        self._common = {"title": title, "tasks": contest.tasks, "images": contest.images}

    def start(self, *, token: str | None, asked: bool, wrong: bool = False) -> str:
        """The page for those who are new.

        Args:
            token: access token that came with the address, if any.
            asked: a token is needed.
            wrong: the last one was not the right one.
        """
        return self._render("start.html", token=token, asked=asked, wrong=wrong)

    def choose(self) -> str:
        """The page on which voters choose among several tasks."""
        return self._render("choose.html", task=None)

    def vote(self, task: str, ballot: Ballot) -> str:
        """The page on which people vote, or learn that there is nothing left."""
        if ballot.shown is None:
            return self._render("done.html", task=task, ballot=ballot)
        pair = ballot.shown.pair
        prompt = self._contest.prompts[pair.prompt_id]
        texts = self._contest.texts[pair.prompt_id]
        return self._render(
            "vote.html",
            task=task,
            ballot=ballot,
            ticket=ballot.shown.ticket,
            lang=prompt.lang,
            jokes=[("A", texts[pair.left]), ("B", texts[pair.right])],
            **_demand(prompt.constraint),
        )

    def leaderboard(self, board: Leaderboard) -> str:
        """Ratings by task."""
        plots = {task: _plot(each) for task, each in board.standings.items()}
        return self._render("leaderboard.html", task=None, board=board, plots=plots)

    def message(self, heading: str, words: str) -> str:
        """A page that says why something was not done."""
        return self._render("message.html", task=None, words=words, heading=heading)

    def _render(self, name: str, **values: object) -> str:
        return _templates().get_template(name).render(**self._common, **values)


def _demand(constraint: Constraint) -> dict[str, object]:
    """What a template needs to say what the jokes are about."""
    demand: dict[str, object] = dict.fromkeys(("words", "headline", "image", "blank"))
    match constraint:
        case WordPair(word1, word2):
            return demand | {"words": (word1, word2)}
        case Headline(text):
            return demand | {"headline": text}
        case Gif(url):
            return demand | {"image": url}
        case GifPrompt(url, text):
            return demand | {"image": url, "blank": text}


def shown(text: str) -> str:
    """A joke with its line breaks, and nothing hidden in it; see :func:`visible`."""
    lines = text.strip().replace("\r\n", "\n").split("\n")
    return "\n".join(visible(line, longest=LONGEST) if line else "" for line in lines)


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _lead_words(lead: Lead | None) -> str:
    if lead is None:
        return "Too few to say who leads."
    first, second = shown(lead.first), shown(lead.second)
    match lead.more_votes:
        case 0:
            return f"Chance does not explain that {first} is above {second}."
        case None:
            return f"{first} and {second} are level."
        case more:
            return (
                f"Chance may explain that {first} is above {second}: if the difference is what it "
                f"seems to be, {_many(more, 'more vote')} on these two would most likely tell them "
                "apart."
            )


def _plot(standings: Standings) -> Markup:
    intervals = [
        Interval(shown(row.system), row.rating, row.low, row.high) for row in standings.ratings.rows
    ]
    if not intervals:
        return Markup()
    return Markup(interval_plot("Ratings with 95 % intervals", intervals, axis="rating"))


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("semeval_humor.arena"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals = {"static": {name: asset.address for name, asset in assets().items()}}
    environment.filters |= {
        "shown": shown,
        "many": _many,
        "task_words": _TASKS.__getitem__,
        "task_word": _SHORT_TASKS.__getitem__,
        "lead_words": _lead_words,
    }
    return environment


@cache
def assets() -> dict[str, Asset]:
    """All files that pages load, by name."""
    css = "".join([CSS, CHART_CSS, INTERVAL_CSS, _packaged("arena.css")])
    found = (
        Asset("arena.css", "text/css; charset=utf-8", css.encode()),
        Asset("arena.js", "text/javascript; charset=utf-8", _packaged("arena.js").encode()),
        Asset("icon.svg", "image/svg+xml", _packaged("icon.svg").encode()),
    )
    return {asset.name: asset for asset in found}


def _packaged(name: str) -> str:
    return files("semeval_humor.arena").joinpath("static", name).read_text(encoding="utf-8")
