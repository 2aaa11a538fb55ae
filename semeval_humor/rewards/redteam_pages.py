"""A red team's card as pages to read: Markdown, and HTML that needs nothing else."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import regex

from semeval_humor import receipt
from semeval_humor.files import atomic_writer, sha256_of_file
from semeval_humor.languages import LANGUAGES
from semeval_humor.markdown import plain, table
from semeval_humor.rewards.redteam_card import Attack, Card, Clean, Example, document
from semeval_humor.schema import FileRecord, Lang, ModelIdentity, Receipt

COLUMNS = ("family", "kind", "pairs", "lost", "95 %", "bound", "mean gap", "gain")
"""What tables say of an attack; all but the first two are numbers."""

_LONGEST = 300
_NUMBER = ' class="number"'
# What a page would not show, or would obey: controls, format characters, half characters. Joiners
# inside emoji are none of these.
_INVISIBLE = regex.compile(
    r"(?!(?<=\p{Extended_Pictographic}\uFE0F?)\u200D(?=\p{Extended_Pictographic}))"
    r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]"
)


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


def visible(text: str) -> str:
    """A text as one line in which nothing is hidden, cut where it is very long.

    Invisible characters become their code points; an empty text is said to be empty.
    """
    shown = text[:_LONGEST].replace("\n", "⏎")
    shown = str(_INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", shown))
    if len(text) > _LONGEST:
        return f"{shown}… ({len(text):,} characters)"
    return shown or "(empty)"


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
    failures = "".join(f"<li>{escape(failure)}</li>" for failure in card.failures)
    title = f"Red team of {escape(card.reward)}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{title}</h1>\n<p>Verdict: <strong class="{verdict}">{verdict}</strong>.</p>\n'
        + (f"<ul>{failures}</ul>\n" if failures else "")
        + f"<p>{_HOW_TO_READ.format(budget=card.budget)}</p>\n"
        + "".join(_section(card, clean) for clean in card.clean)
        + f"<footer>{len(card.files)} files, seed {card.seed}</footer>"
        "\n</main>\n</body>\n</html>\n"
    )


def _section(card: Card, clean: Clean) -> str:
    attacks = [each for each in card.attacks if each.lang is clean.lang]
    state = "" if clean.passed else ' class="failed"'
    heads = [
        f'<th scope="col"{_NUMBER if place >= 2 else ""}>{column}</th>'
        for place, column in enumerate(COLUMNS)
    ]
    return "".join(
        [
            f"<section>\n<h2>{LANGUAGES[clean.lang].english_name}</h2>\n",
            f"<p{state}>{_clean_sentence(clean)}</p>\n",
            _punished(clean),
            '<div class="wide"><table>\n<thead><tr>',
            *heads,
            "</tr></thead>\n<tbody>\n",
            *map(_row, attacks),
            "</tbody>\n</table></div>\n<h3>Worst pairs</h3>\n",
            *map(_examples, attacks),
            "</section>\n",
        ]
    )


def _punished(clean: Clean) -> str:
    if not clean.punished:
        return ""
    items = (
        f"<li>{_quoted(joke, clean.lang)}: {escape(', '.join(gates))}</li>"
        for joke, gates in clean.punished
    )
    return f"<details><summary>Some of the others</summary><ul>{''.join(items)}</ul></details>\n"


def _row(attack: Attack) -> str:
    family, use, *numbers = cells(attack)
    row = [f'<tr><th scope="row">{family}</th><td>{use}</td>']
    for column, number in zip(COLUMNS[2:], numbers, strict=True):
        if column == "lost":
            state = "" if attack.passed else " failed"
            bar = f'<span class="bar"><span style="width:{100 * attack.lost:.1f}%"></span></span>'
            row.append(f'<td class="number{state}">{number} {bar}</td>')
        else:
            row.append(f'<td class="number">{number}</td>')
    return "".join([*row, "</tr>\n"])


def _examples(attack: Attack) -> str:
    pairs = "".join(_pair(example, attack.lang) for example in attack.worst)
    lost = f"{attack.losses} of {attack.pairs} lost"
    return f"<details><summary>{attack.family} ({lost})</summary><ol>{pairs}</ol></details>\n"


def _pair(example: Example, lang: Lang) -> str:
    state = ' class="failed"' if example.gap <= 0 else ""
    return (
        f"<li><p><b{state}>{example.spoilt_reward:.3f}</b> {_quoted(example.spoilt, lang)}</p>"
        f'<p class="quiet"><b>{example.joke_reward:.3f}</b> {_quoted(example.joke, lang)}</p></li>'
    )


def _quoted(text: str, lang: Lang) -> str:
    # Isolated, so that right-to-left letters do not turn round what stands beside them.
    return f'<bdi lang="{lang}">{escape(visible(text))}</bdi>'


CSS = """
:root { --page: #ffffff; --panel: #f3f5f8; --text: #1b2027; --quiet: #525c68; --line: #cfd6de;
  --good: #146c2e; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --page: #10141a; --panel: #1a2029; --text: #e7ecf2;
  --quiet: #a3afbc; --line: #38424e; --good: #7fdc98; --bad: #ff9d94; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 1.5rem; font-size: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { padding: 0.3rem 0.6rem; text-align: left; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
tbody th { font-weight: 500; }
thead th { color: var(--quiet); font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: inline-block; width: 4rem; height: 0.6rem; margin-left: 0.4rem;
  background: var(--panel); border: 1px solid var(--line); vertical-align: baseline; }
.bar span { display: block; height: 100%; background: var(--quiet); }
.passed { color: var(--good); }
.failed { color: var(--bad); font-weight: 700; }
.failed .bar span { background: var(--bad); }
.quiet, footer { color: var(--quiet); }
details { margin: 0.4rem 0; padding: 0.4rem 0.8rem; background: var(--panel); border-radius: 4px; }
summary { cursor: pointer; }
li p { margin: 0.3rem 0; overflow-wrap: anywhere; }
b { font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; font-size: 0.85rem; }
"""
