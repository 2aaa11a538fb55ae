"""Votes on which of two jokes is funnier: our files, and those of the organisers."""

import csv
import dataclasses
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semeval_humor.errors import DataError
from semeval_humor.files import atomic_writer
from semeval_humor.languages import LANGUAGES
from semeval_humor.schema import Lang, Vote, Winner

SAME_TEXT = "same-text"
"""Voter of the ties that are given to identical texts."""

_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Form:
    """What a kind of file calls the parts of a vote.

    ``winners`` maps its verdicts, skipped ones to None. Without a column for ``lang``, the prompt's
    id tells the language.
    """

    prompt_id: str
    left: str
    right: str
    winner: str
    voter: str
    lang: str | None
    winners: Mapping[str, Winner | None]

    @property
    def columns(self) -> tuple[str, ...]:
        parts = (self.prompt_id, self.left, self.right, self.winner, self.voter)
        return parts if self.lang is None else (*parts, self.lang)


_OURS = _Form(
    *("prompt_id", "left", "right", "winner", "voter", "lang"),
    winners={winner.value: winner for winner in Winner},
)
# As the organisers' site keeps votes, and as they hand them to the program that rates.
_SITE = _Form(
    *("prompt_id", "system_id_a", "system_id_b", "vote", "session_id", None),
    winners={"a": Winner.LEFT, "b": Winner.RIGHT, "t": Winner.TIE, "n": None},
)
_SCORING = _Form(
    *("question_id", "model_a", "model_b", "winner", "judge", "language"),
    winners={"model_a": Winner.LEFT, "model_b": Winner.RIGHT, "tie": Winner.TIE},
)
_FORMS = (_OURS, _SITE, _SCORING)

_LANGS = {
    **{lang.value: lang for lang in Lang},
    **{LANGUAGES[lang].english_name: lang for lang in Lang},
}
_PREFIXES = {**{lang.value: lang for lang in Lang}, "img": Lang.EN}


def read_votes(path: Path) -> list[Vote]:
    """Votes of a file, in its order; skipped ones are left out.

    The file is JSON Lines, a JSON list, CSV or TSV, with the parts of :class:`Vote` by name, or
    with the columns of the organisers: ``prompt_id, system_id_a, system_id_b, session_id, vote``
    (``a``, ``b``, ``t``, or ``n`` for a skip), or ``question_id, model_a, model_b, winner``
    (``model_a``, ``model_b``, ``tie``), ``judge, language``. Further columns are not read.

    Raises:
        DataError: the file cannot be read, is of another form, or holds no vote; the line or the
            vote at fault is named.

    Source: github.com/pln-fing-udelar/mwahaha-vote-webapp, ``web/src/mwahahavote/database.py`` and
    ``web/scripts/prepare_data_for_scoring.py``.
    """
    try:
        # utf-8-sig: a spreadsheet puts a byte-order mark first.
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8: {error.reason}; expected votes") from error
    form: _Form | None = None
    votes: list[Vote] = []
    for where, row in _rows(path, text):
        form = form or _form(where, row)
        vote = _vote(where, row, form)
        if vote is not None:
            votes.append(vote)
    if not votes:
        raise DataError(f"{path}: no votes" + (" but skipped ones" if form else ""))
    return votes


def write_votes(path: Path, votes: Sequence[Vote]) -> None:
    """Write votes as JSON Lines, in place of what the file held.

    Raises:
        DataError: a text holds half a surrogate pair.
        HumorError: the file cannot be written.
    """
    with atomic_writer(path) as stream:
        for vote in votes:
            stream.write(json.dumps(dataclasses.asdict(vote), ensure_ascii=False) + "\n")


def _rows(path: Path, text: str) -> Iterator[tuple[str, _Row]]:
    """Each row, and where it stands."""
    beginning = text.lstrip()[:1]
    if beginning == "[":
        rows = _parsed(str(path), text)
        yield from ((f"{path}: vote {number}", row) for number, row in enumerate(rows, start=1))
    elif beginning == "{":
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield f"{path}:{number}", _parsed(f"{path}:{number}", line)
    else:
        yield from _table(path, text)


def _parsed(where: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise DataError(f"{where}: not JSON: {error}") from error


def _table(path: Path, text: str) -> Iterator[tuple[str, _Row]]:
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            where = f"{path}:{reader.line_num}"
            if header is None:
                header = cells
            elif cells and len(cells) != len(header):
                raise DataError(f"{where}: {len(cells)} columns, expected {len(header)}")
            elif cells:
                yield where, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: not CSV: {error}") from error


def _form(where: str, row: object) -> _Form:
    if isinstance(row, dict):
        for form in _FORMS:
            if row.keys() >= set(form.columns):
                return form
    expected = "; or ".join(", ".join(form.columns) for form in _FORMS)
    found = ", ".join(map(str, row))[:80] if isinstance(row, dict) else "no object"
    raise DataError(f"{where}: no vote: found {found}; expected {expected}")


def _vote(where: str, row: object, form: _Form) -> Vote | None:
    """What a row says; None where the voter skipped it."""
    if not isinstance(row, dict):
        raise DataError(f"{where}: no object, expected {', '.join(form.columns)}")
    for column in form.columns:
        if not isinstance(row.get(column), str) or not row[column].strip():
            raise DataError(f"{where}: {column} is {row.get(column)!r}, expected a text")
    left, right = row[form.left], row[form.right]
    if left == right:
        raise DataError(f"{where}: {left!r} against itself, expected two systems")
    if row[form.winner] not in form.winners:
        expected = ", ".join(form.winners)
        raise DataError(f"{where}: {form.winner} {row[form.winner]!r}, expected one of {expected}")
    winner = form.winners[row[form.winner]]
    lang = _lang(where, row, form)
    if winner is None:
        return None
    return Vote(row[form.prompt_id], lang, left, right, winner, row[form.voter])


def _lang(where: str, row: _Row, form: _Form) -> Lang:
    if form.lang is not None:
        if row[form.lang] not in _LANGS:
            expected = ", ".join(_LANGS)
            raise DataError(f"{where}: {form.lang} {row[form.lang]!r}, expected one of {expected}")
        return _LANGS[row[form.lang]]
    prefix = row[form.prompt_id].partition("_")[0]
    if prefix not in _PREFIXES:
        raise DataError(
            f"{where}: {form.prompt_id} {row[form.prompt_id]!r}, "
            f"expected one that begins with {'_, '.join(_PREFIXES)}_"
        )
    return _PREFIXES[prefix]
