"""Pages of HTML that need nothing else: no fonts, no libraries, no network; light and dark."""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, NewType
from urllib.parse import quote

import regex

from semeval_humor.schema import Lang

Html = NewType("Html", str)
"""Text that a browser may obey. All other text goes through :func:`escaped` first."""

LONGEST = 300
"""Characters of a joke that are shown."""

# What a page would not show, or would obey: controls, format characters, half characters. Joiners
# inside emoji are none of these.
_INVISIBLE = regex.compile(
    r"(?!(?<=\p{Extended_Pictographic}\uFE0F?)\u200D(?=\p{Extended_Pictographic}))"
    r"[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\u2028\u2029]"
)


def page(
    title: str, body: Iterable[Html], *, css: str = "", footer: str = "", script: str = ""
) -> str:
    """A whole page. Its policy lets a browser load nothing, whatever else is on it.

    Args:
        title: shown on top, and in the browser's tab.
        body: what comes below the title.
        css: styles beyond :data:`CSS`.
        footer: last line.
        script: the only JavaScript that the page runs, by its hash; it may not make elements out
            of text. Empty: the page runs none.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(title)}</title>\n<style>{CSS}{css}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escaped(title)}</h1>\n{''.join(body)}"
        + (f"<footer>{escaped(footer)}</footer>\n" if footer else "")
        + "</main>\n"
        + (f"<script>{script}</script>\n" if script else "")
        + "</body>\n</html>\n"
    )


def data_block(value: Any) -> Html:
    """JSON for the page's script to read, under the id ``data``; no text in it can end it.

    Raises:
        ValueError: a number is NaN or infinite, which JSON knows not.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    inside = text.replace("<", "\\u003c")
    return Html(f'<script type="application/json" id="data">{inside}</script>\n')


def _policy(script: str) -> str:
    rules = ["default-src 'none'", "style-src 'unsafe-inline'"]
    if script:
        assert "</script" not in script, "would end the script"
        assert "<!--" not in script, "would hide the end of the script"
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        rules += [f"script-src 'sha256-{digest}'", "require-trusted-types-for 'script'"]
    return "; ".join([*rules, "base-uri 'none'", "form-action 'none'"])


def escaped(words: str) -> Html:
    """Text as a page shows it: tags become letters, and what cannot be seen is left as it is."""
    return Html(escape(words.encode(errors="replace").decode()))


def paragraph(words: str, kind: str = "") -> Html:
    """A paragraph of text, of a class of :data:`CSS` if any: passed, failed or quiet."""
    return Html(f"<p{_class(kind)}>{escaped(words)}</p>\n")


def heading(words: str, level: int = 2) -> Html:
    """A heading of the second level, or a lower one."""
    return Html(f"<h{level}>{escaped(words)}</h{level}>\n")


def link(words: str, target: Path) -> Html:
    """A link to a file, given relative to the page's folder."""
    return Html(f'<a href="{quote(os.fsencode(target))}">{escaped(words)}</a>')


def folded(summary: str, inside: Html) -> Html:
    """Something that opens when its summary is clicked."""
    return Html(f"<details><summary>{escaped(summary)}</summary>{inside}</details>\n")


def bullets(items: Iterable[Html]) -> Html:
    """A list; nothing where there are no items."""
    lines = "".join(f"<li>{item}</li>" for item in items)
    return Html(f"<ul>{lines}</ul>\n" if lines else "")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table that holds more than text, or belongs to a class of :data:`CSS`."""

    inside: Html
    kind: str = ""


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str | Cell]], *, numbers: int | None = None
) -> Html:
    """A table that scrolls sideways where the screen is narrow. The first cell heads its row.

    Args:
        heads: of the columns.
        rows: their cells.
        numbers: columns from this one on are set flush right; None: none are.
    """
    first = len(heads) if numbers is None else numbers
    head = "".join(
        f'<th scope="col"{_class("number" if place >= first else "")}>{escaped(name)}</th>'
        for place, name in enumerate(heads)
    )
    body = "".join(_row(row, first) for row in rows)
    return Html(
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}</tbody>\n</table></div>\n"
    )


def quoted(words: str, lang: Lang, *, longest: int = LONGEST) -> Html:
    """A joke as it was written, in one line in which nothing is hidden; see :func:`visible`."""
    # Isolated, so that right-to-left letters do not turn round what stands beside them.
    return Html(f'<bdi lang="{lang}">{escape(visible(words, longest=longest))}</bdi>')


def visible(words: str, *, longest: int = LONGEST) -> str:
    """A text as one line in which nothing is hidden, cut where it is very long.

    Invisible characters become their code points; an empty text is said to be empty.
    """
    shown = words[:longest].replace("\n", "⏎")
    shown = str(_INVISIBLE.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", shown))
    if len(words) > longest:
        return f"{shown}… ({len(words):,} characters)"
    return shown or "(empty)"


def _row(cells: Sequence[str | Cell], first_number: int) -> str:
    row = []
    for place, each in enumerate(cells):
        kind = "number" if place >= first_number else ""
        filled = Cell(escaped(each), kind) if isinstance(each, str) else each
        tag = "td" if place else 'th scope="row"'
        row.append(f"<{tag}{_class(filled.kind)}>{filled.inside}</{tag[:2]}>")
    return f"<tr>{''.join(row)}</tr>\n"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


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
p { overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
th, td { padding: 0.3rem 0.6rem; text-align: left; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
tbody th { font-weight: 500; }
thead th { color: var(--quiet); font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.words { white-space: normal; min-width: 16rem; overflow-wrap: anywhere; }
.passed { color: var(--good); }
.failed { color: var(--bad); font-weight: 700; }
a { color: inherit; text-underline-offset: 0.15em; }
.quiet, footer { color: var(--quiet); }
details { margin: 0.4rem 0; padding: 0.4rem 0.8rem; background: var(--panel); border-radius: 4px; }
summary { cursor: pointer; }
li p { margin: 0.3rem 0; overflow-wrap: anywhere; }
b { font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; font-size: 0.85rem; }
"""
