"""A red team's card as pages to read: Markdown, and HTML that needs nothing else."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from semeval_humor import receipt
from semeval_humor.files import atomic_writer, sha256_of_file
from semeval_humor.html.page import (
    Cell,
    Html,
    bullets,
    escaped,
    folded,
    heading,
    page,
    paragraph,
    quoted,
)
from semeval_humor.html.page import table as html_table
from semeval_humor.languages import LANGUAGES
from semeval_humor.markdown import plain, table
from semeval_humor.rewards.redteam_card import Attack, Card, Clean, Example, document
from semeval_humor.schema import FileRecord, Lang, ModelIdentity, Receipt

COLUMNS = ("family", "kind", "pairs", "lost", "95 %", "bound", "mean gap", "gain")
"""What tables say of an attack; all but the first two are numbers."""


def card_path(reward: Path) -> Path:
    """Where the card of a REWARD.toml lies, unless it was written elsewhere."""
    return reward.with_suffix(".redteam.json")


def write_card(card: Card, path: Path, inputs: Sequence[FileRecord]) -> tuple[Path, ...]:
    """Write a card as JSON to ``path``, beside it as Markdown and HTML, and a receipt.

    A former card is replaced: it says the same, or is of another reward.

    Args:
        card: what was found.
        path: where; its name ends in ``.json``.
        inputs: files of the reward and of the jokes.

    Raises:
        HumorError: a file cannot be written.
    """
    texts = {
        path: json.dumps(document(card), ensure_ascii=False, indent=2) + "\n",
        path.with_suffix(".md"): markdown(card),
        path.with_suffix(".html"): html(card),
    }
    for each, text in texts.items():
        with atomic_writer(each) as stream:
            stream.write(text)
    account = Receipt(
        command="redteam",
        config={"seed": card.seed, "budget": card.budget, "pairs": card.pairs},
        identity={},
        model=ModelIdentity(card.reward),
        engine={},
        inputs=tuple(inputs),
        outputs=tuple(FileRecord(each.name, sha256_of_file(each)) for each in texts),
        counts={"families": len(card.attacks), "failures": list(card.failures)},
        unresolved={},
        versions=receipt.versions(),
        hardware=receipt.hardware(),
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    receipt.write_receipt(receipt.receipt_path(path), account)
    return tuple(texts)


def kind(attack: Attack) -> str:
    """Whether gates must stop a family, and whether classifiers are trained against it."""
    use = "held out" if attack.held_out else "trained"
    return f"gated, {use}" if attack.gated else use


def percent(share: float) -> str:
    """A share as tables show it."""
    return f"{share:.1%}"


def markdown(card: Card) -> str:
    """The card as Markdown: verdict, and a table for each language.

    It holds no joke, so that it can be published where the jokes may not.
    """
    verdict = "passed" if card.passed else "**failed**"
    parts = [f"# Red team of {plain(card.reward)}\n", f"Verdict: {verdict}.\n"]
    if card.failures:
        parts.append("".join(f"- {plain(failure)}\n" for failure in card.failures))
    parts.append(f"{_HOW_TO_READ.format(budget=card.budget)}\n")
    for clean in card.clean:
        attacks = [each for each in card.attacks if each.lang is clean.lang]
        parts += [f"## {LANGUAGES[clean.lang].english_name}\n", f"{_clean_sentence(clean)}\n"]
        parts.append(table(COLUMNS, map(_markdown_cells, attacks), align="llrrrrrr"))
    return "\n".join(part for part in parts if part)


_HOW_TO_READ = (
    "A pair is lost where the spoilt joke gets at least as much as the joke. The gap is how much "
    "less it gets; the gain is what a search added at best within {budget} texts a joke, and its "
    "pairs are lost if half of the words could be replaced, or half as many appended. Families "
    "without a bound are only reported."
)


def _clean_sentence(clean: Clean) -> str:
    return (
        f"Gates leave {clean.untouched} of {clean.jokes} clean jokes untouched "
        f"({percent(clean.share)}, at least {clean.bound:.0%})."
    )


def cells(attack: Attack) -> list[str]:
    """One row of a table with :data:`COLUMNS`."""
    low, high = attack.interval
    return [
        attack.family,
        kind(attack),
        str(attack.pairs),
        percent(attack.lost),
        f"{percent(low)} – {percent(high)}",
        "–" if attack.bound is None else f"{attack.bound:.0%}",
        f"{attack.mean_gap:.3f}",
        "–" if attack.gain is None else f"{attack.gain:.3f}",
    ]


def _markdown_cells(attack: Attack) -> list[str]:
    return [
        f"**{cell}**" if column == "lost" and not attack.passed else cell
        for column, cell in zip(COLUMNS, cells(attack), strict=True)
    ]


def html(card: Card) -> str:
    """The card as one HTML page without scripts, and without anything from elsewhere.

    Jokes are shown as text whatever they hold.
    """
    verdict = "passed" if card.passed else "failed"
    body = [
        Html(f'<p>Verdict: <strong class="{verdict}">{verdict}</strong>.</p>\n'),
        bullets(map(escaped, card.failures)),
        paragraph(_HOW_TO_READ.format(budget=card.budget)),
        *(_section(card, clean) for clean in card.clean),
    ]
    footer = f"{len(card.files)} files, seed {card.seed}"
    return page(f"Red team of {card.reward}", body, css=CSS, footer=footer)


def _section(card: Card, clean: Clean) -> Html:
    attacks = [each for each in card.attacks if each.lang is clean.lang]
    parts = [
        heading(LANGUAGES[clean.lang].english_name),
        paragraph(_clean_sentence(clean), "" if clean.passed else "failed"),
        _punished(clean),
        html_table(COLUMNS, map(_row, attacks), numbers=2),
        Html("<h3>Worst pairs</h3>\n"),
        *map(_examples, attacks),
    ]
    return Html(f"<section>\n{''.join(parts)}</section>\n")


def _punished(clean: Clean) -> Html:
    if not clean.punished:
        return Html("")
    items = (
        Html(f"{quoted(joke, clean.lang)}: {escaped(', '.join(gates))}")
        for joke, gates in clean.punished
    )
    return folded("Some of the others", bullets(items))


def _row(attack: Attack) -> list[str | Cell]:
    row: list[str | Cell] = list(cells(attack))
    state = "number" if attack.passed else "number failed"
    bar = f'<span class="bar"><span style="width:{100 * attack.lost:.1f}%"></span></span>'
    row[COLUMNS.index("lost")] = Cell(Html(f"{percent(attack.lost)} {bar}"), state)
    return row


def _examples(attack: Attack) -> Html:
    pairs = "".join(_pair(example, attack.lang) for example in attack.worst)
    lost = f"{attack.losses} of {attack.pairs} lost"
    return folded(f"{attack.family} ({lost})", Html(f"<ol>{pairs}</ol>"))


def _pair(example: Example, lang: Lang) -> str:
    state = ' class="failed"' if example.gap <= 0 else ""
    return (
        f"<li><p><b{state}>{example.spoilt_reward:.3f}</b> {quoted(example.spoilt, lang)}</p>"
        f'<p class="quiet"><b>{example.joke_reward:.3f}</b> {quoted(example.joke, lang)}</p></li>'
    )


CSS = """
.bar { display: inline-block; width: 4rem; height: 0.6rem; margin-left: 0.4rem;
  background: var(--panel); border: 1px solid var(--line); vertical-align: baseline; }
.bar span { display: block; height: 100%; background: var(--quiet); }
.failed .bar span { background: var(--bad); }
"""
