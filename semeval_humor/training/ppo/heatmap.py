"""Which tokens a training reinforced, for people: ``credit.html``, and ``credit.json`` to read on.

Both show the same samples under both kinds of credit, side by side: what each token's advantage
was, and what it would have been if all of the reward had come at the last token.
"""

import dataclasses
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor.errors import DataError
from semeval_humor.files import atomic_writer
from semeval_humor.html.page import Cell, Html, escaped, page, paragraph, quoted, table, visible
from semeval_humor.schema import Finish, Headline, Lang, WordPair
from semeval_humor.training.ppo.credit import written
from semeval_humor.training.ppo.rollout import Rollout
from semeval_humor.weights import read_json

CREDIT_PAGE = "credit.html"
CREDIT = "credit.json"

MOST = 8
"""Samples that are shown."""

END = "∎"
"""Shown in place of an end token."""

NOTHING = "·"
"""Shown in place of a token that writes nothing of its own, such as the rest of a character."""


@dataclass(frozen=True, slots=True)
class Heat:
    """A completion with the advantages of its tokens.

    Attributes:
        id: of the prompt.
        lang: of the prompt.
        asked: the headline, or the two words.
        reward: of the completion.
        tokens: what each token wrote, as it can be shown.
        sequence: each token's advantage if the reward comes at the last one.
        offsets: each token's advantage if it comes where it was earned; None if that is not known.
        largest: advantage of any token of the page, either way; what colours are relative to.
    """

    id: str
    lang: Lang
    asked: str
    reward: float
    tokens: tuple[str, ...]
    sequence: tuple[float, ...]
    offsets: tuple[float, ...] | None
    largest: float

    @property
    def sides(self) -> list[tuple[str, tuple[float, ...]]]:
        """The advantages by the name of the credit."""
        found = [("sequence", self.sequence)]
        return found if self.offsets is None else [*found, ("offsets", self.offsets)]

    def share(self, advantage: float) -> float:
        """An advantage relative to the largest one, in [-1, 1]; 0 for what is no number."""
        return advantage / self.largest if self.largest and math.isfinite(advantage) else 0.0


def heats(
    rollouts: Sequence[Rollout],
    rewards: Sequence[float],
    tokenizer: Any,
    sequence: Sequence[Sequence[float]],
    offsets: Sequence[Sequence[float]] | None,
) -> list[Heat]:
    """Some completions from the best one to the worst one, evenly over the ranks.

    Args:
        rollouts: the completions.
        rewards: of each.
        tokenizer: of the policy.
        sequence: advantages of each one's tokens under ``sequence``; longer where they were padded.
        offsets: the same under ``offsets``, if that is known.
    """
    ranked = sorted(range(len(rollouts)), key=lambda row: -rewards[row])
    size = min(MOST, len(ranked))
    chosen = [ranked[place * (len(ranked) - 1) // max(1, size - 1)] for place in range(size)]

    def of(row: int, values: Sequence[Sequence[float]]) -> tuple[float, ...]:
        return tuple(values[row][: len(rollouts[row].ids)])

    sides = [sequence] if offsets is None else [sequence, offsets]
    shown = [value for side in sides for row in chosen for value in of(row, side)]
    largest = max((abs(value) for value in shown if math.isfinite(value)), default=0.0)
    return [
        Heat(
            id=rollouts[row].asked.prompt.id,
            lang=rollouts[row].asked.prompt.lang,
            asked=_asked(rollouts[row]),
            reward=rewards[row],
            tokens=shown_tokens(rollouts[row], tokenizer),
            sequence=of(row, sequence),
            offsets=None if offsets is None else of(row, offsets),
            largest=largest,
        )
        for row in chosen
    ]


def shown_tokens(rollout: Rollout, tokenizer: Any) -> tuple[str, ...]:
    """What each token wrote; a character of several tokens is shown at the first of them."""
    by = written(tokenizer, rollout.content)
    found, done = [], 0
    for start, stop in by.spans:
        own = by.text[max(start, done) : stop]
        # Joined together they are one line in which nothing is hidden.
        found.append(visible(own) if own else NOTHING)
        done = max(done, stop)
    return (*found, END) if rollout.finish is Finish.STOPPED else tuple(found)


def write_heats(folder: Path, found: Sequence[Heat]) -> None:
    """Write page and data into the folder of a training.

    Raises:
        OSError: they cannot be written.
    """
    with atomic_writer(folder / CREDIT) as stream:
        samples = [dataclasses.asdict(heat) for heat in found]
        json.dump({"samples": samples}, stream, ensure_ascii=False)
    with atomic_writer(folder / CREDIT_PAGE) as stream:
        stream.write(credit_page(folder.name, found))


def read_heats(folder: Path) -> list[Heat]:
    """What ``write_heats`` wrote.

    Raises:
        DataError: it is missing, or damaged.
    """
    path = folder / CREDIT
    document = read_json(path)
    try:
        return [_read(row) for row in document["samples"]]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not what train ppo wrote: {error}") from error


def credit_page(name: str, found: Sequence[Heat]) -> str:
    """The page itself; completions are shown as text whatever they hold."""
    heads = ("prompt", *(credit for credit, _ in found[0].sides), "reward")
    rows: list[list[str | Cell]] = [
        [
            Cell(quoted(heat.asked, heat.lang, longest=120), "words"),
            *(Cell(_painted(heat, values), "words") for _, values in heat.sides),
            f"{heat.reward:.3f}",
        ]
        for heat in found
    ]
    return page(
        f"{name}: which tokens were reinforced", [*_legend(found), table(heads, rows)], css=_CSS
    )


def _legend(found: Sequence[Heat]) -> Iterator[Html]:
    yield paragraph(
        "Samples of the last update, from the best to the worst. A token on blue was better than "
        "the critic expected and becomes more likely, one on orange was worse and becomes less "
        f"likely; the colour is full at {found[0].largest:.2f}, the largest advantage on the page, "
        "whitened as the update uses it. A token's number appears when the pointer rests on it.",
    )
    yield paragraph(
        "sequence: all of the reward comes at the last token. offsets: each token gets what its "
        f"part of the text has earned with the classifier. {END} is the end token, {NOTHING} a "
        "token that writes nothing of its own.",
        "quiet",
    )


def _painted(heat: Heat, advantages: Sequence[float]) -> Html:
    spans = [
        f'<span class="{"up" if value > 0 else "down"}" title="{value:+.2f}" '
        f'style="--share: {abs(heat.share(value)):.0%}">{escaped(token)}</span>'
        for token, value in zip(heat.tokens, advantages, strict=True)
    ]
    return Html(f'<bdi lang="{heat.lang}" class="heat">{"".join(spans)}</bdi>')


def _asked(rollout: Rollout) -> str:
    match rollout.asked.prompt.constraint:
        case Headline(text):
            return text
        case WordPair(word1, word2):
            return f"{word1} + {word2}"
    raise AssertionError(rollout.asked.prompt)  # policies are trained on task A alone


def _read(row: dict[str, Any]) -> Heat:
    offsets = None if row["offsets"] is None else tuple(map(float, row["offsets"]))
    numbers = {"sequence": tuple(map(float, row["sequence"])), "offsets": offsets}
    return Heat(**{**row, **numbers, "lang": Lang(row["lang"]), "tokens": tuple(row["tokens"])})


_CSS = """
.heat { white-space: pre-wrap; line-height: 1.9; --up: #3b82f6; --down: #f97316; }
.heat span { padding: 0.15rem 0; border-radius: 2px; }
.heat .up { background: color-mix(in srgb, var(--up) var(--share), transparent); }
.heat .down { background: color-mix(in srgb, var(--down) var(--share), transparent); }
"""
