"""Preferences: of two jokes for one prompt, which is the better one. What ``train dpo`` reads."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_humor import receipt
from semeval_humor.errors import DataError
from semeval_humor.files import atomic_path, sha256_of_file
from semeval_humor.parquet import write_rows
from semeval_humor.prompts import PromptBook
from semeval_humor.rewards.human_votes import FunnySide, PairVote
from semeval_humor.schema import (
    FileRecord,
    Headline,
    Lang,
    ModelIdentity,
    Prompt,
    Receipt,
    Scorer,
    Task,
    WordPair,
)

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class Comparison:
    """One vote of a person, or one judgement of a model.

    Attributes:
        prompt: what both jokes answer.
        left: one joke.
        right: the other joke.
        winner: the better one, or both or none, which is a tie.
    """

    prompt: Prompt
    left: str
    right: str
    winner: FunnySide


@dataclass(frozen=True, slots=True)
class Preference:
    """A better and a worse joke.

    Attributes:
        prompt: what both answer.
        chosen: the better joke.
        rejected: the worse joke.
        margin: by how much: the difference of the scores, or of the shares of the votes. Above 0.
        source: where the preference is from.
    """

    prompt: Prompt
    chosen: str
    rejected: str
    margin: float
    source: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """The preferences of one source, and why all else in it gave none.

    Attributes:
        preferences: in order.
        of: what they were made of: votes or rows.
        left_out: reasons why votes or rows gave none, with their number.
    """

    preferences: tuple[Preference, ...]
    of: str
    left_out: Mapping[str, int]

    @property
    def total(self) -> int:
        """Number of votes or rows; each gave a preference or was left out."""
        return len(self.preferences) + sum(self.left_out.values())

    def __str__(self) -> str:
        """``2 preferences of 5 votes (left out: 3 without a winner)``."""
        why = ", ".join(f"{count} {reason}" for reason, count in self.left_out.items())
        made = f"{len(self.preferences)} preferences of {self.total} {self.of}"
        return made + (f" (left out: {why})" if why else "")


def from_scores(
    prompts: Sequence[Prompt],
    texts: Sequence[str],
    scorer: Scorer,
    *,
    source: str,
    min_margin: float = 0.1,
) -> Gathered:
    """The best text of each prompt over its worst one, in the order of the prompts.

    Args:
        prompts: what each text answers; those that are equal belong together.
        texts: candidates; empty ones do not count.
        scorer: says how good they are.
        source: where they are from.
        min_margin: prompts whose texts differ by less teach little, and are left out.
    """
    scored: dict[Prompt, dict[str, float]] = {prompt: {} for prompt in prompts}
    rows = [(prompt, text) for prompt, text in zip(prompts, texts, strict=True) if text]
    marks = scorer([prompt for prompt, _ in rows], [text for _, text in rows])
    for (prompt, text), score in zip(rows, marks, strict=True):
        scored[prompt][text] = score
    found: list[Preference] = []
    left_out: Counter[str] = Counter()
    for prompt, scores in scored.items():
        if len(scores) < 2:
            left_out["without two different texts"] += 1
            continue
        chosen, rejected = max(scores, key=scores.__getitem__), min(scores, key=scores.__getitem__)
        margin = scores[chosen] - scores[rejected]
        if margin >= min_margin and margin > 0:
            found.append(Preference(prompt, chosen, rejected, margin, source))
        else:
            left_out["with scores too close together"] += 1
    return Gathered(tuple(found), "rows", left_out)


def from_votes(votes: Iterable[PairVote], *, source: str) -> Gathered:
    """What people voted for: see :func:`from_comparisons`.

    The votes are on English jokes about a theme; it stands in the place of a headline.
    """
    comparisons = (
        Comparison(_theme(vote.theme), vote.left, vote.right, vote.winner) for vote in votes
    )
    return from_comparisons(comparisons, source=source)


def from_comparisons(comparisons: Iterable[Comparison], *, source: str) -> Gathered:
    """The joke of each pair that won more often, in the order of the pairs' first comparisons.

    The margin is the share of the comparisons that it won less the share that it lost, in (0, 1];
    a tie counts for neither. Pairs that are even are left out, as are pairs of equal jokes.
    """
    lead: dict[tuple[Prompt, str, str], int] = defaultdict(int)
    count: dict[tuple[Prompt, str, str], int] = defaultdict(int)
    found: list[Preference] = []
    left_out: Counter[str] = Counter()
    for each in comparisons:
        first, second = sorted((each.left, each.right))
        if first == second:
            left_out["on equal jokes"] += 1
            continue
        pair = each.prompt, first, second
        count[pair] += 1
        if each.winner in (FunnySide.LEFT, FunnySide.RIGHT):
            winner = each.left if each.winner is FunnySide.LEFT else each.right
            lead[pair] += 1 if winner == first else -1
    for pair, votes in count.items():
        prompt, first, second = pair
        ahead = lead[pair]
        chosen, rejected = (first, second) if ahead > 0 else (second, first)
        if not ahead:
            left_out["on pairs without a winner"] += votes
            continue
        found.append(Preference(prompt, chosen, rejected, abs(ahead) / votes, source))
        if votes > 1:
            left_out["counted with another on the same pair"] += votes - 1
    return Gathered(tuple(found), "votes", left_out)


def write_preferences(path: Path, preferences: Iterable[Preference]) -> int:
    """Write a Parquet file that TRL's DPO trainer reads as it is, and return its number of rows.

    prompt, chosen and rejected are lists of chat turns; id, lang, word1, word2, headline, margin
    and source stand beside them. The prompts are worded as ``predict`` words them.

    Args:
        path: the file.
        preferences: what to write, in order.

    Raises:
        DataError: there is no preference, or the prompt of one is no row of subtask A.
        HumorError: the file cannot be written.
    """
    book = PromptBook()
    with atomic_path(path) as temporary:
        rows = (_record(preference, book) for preference in preferences)
        written = write_rows(temporary, _schema(), rows)
        if not written:
            raise DataError(f"{path}: no preference to write: nothing was better than another")
    return written


def write_account(
    path: Path,
    gathered: Mapping[Path, Gathered],
    scorer: Sequence[FileRecord],
    config: Mapping[str, Any],
    started: datetime,
) -> None:
    """Write the receipt of a file with preferences.

    Args:
        path: the file.
        gathered: what became of each file that was read.
        scorer: the files that the scorer was made from.
        config: every setting.
        started: when the run began.
    """
    account = Receipt(
        command="data preferences",
        config=config,
        identity={"prompts": PromptBook().sha256},
        model=ModelIdentity("none"),
        engine={},
        inputs=(*(_file_record(file) for file in gathered), *scorer),
        outputs=(FileRecord(path.name, sha256_of_file(path)),),
        counts={
            str(file): {
                each.of: each.total,
                "preferences": len(each.preferences),
                "left_out": dict(each.left_out),
            }
            for file, each in gathered.items()
        },
        unresolved={},
        versions=receipt.versions(),
        hardware=receipt.hardware(),
        started=started.isoformat(timespec="seconds"),
        seconds=round((datetime.now(UTC) - started).total_seconds(), 2),
    )
    receipt.write_receipt(receipt.receipt_path(path), account)


def _file_record(path: Path) -> FileRecord:
    return FileRecord(str(path.resolve()), sha256_of_file(path))


def _theme(theme: str) -> Prompt:
    return Prompt(theme, Task.A, Lang.EN, Headline(theme))


def _record(preference: Preference, book: PromptBook) -> dict[str, Any]:
    prompt = preference.prompt
    words, headline = ("", ""), ""
    match prompt.constraint:
        case WordPair(word1, word2):
            words = word1, word2
        case Headline(text):
            headline = text
        case _:
            raise DataError(f"{prompt.id}: a caption, expected a row of subtask A")
    asked = book.conversation(prompt, chat=True, seed=0, round_=0, sample=0)
    assert not isinstance(asked, str)  # as a chat was asked for
    return {
        "id": prompt.id,
        "lang": str(prompt.lang),
        "word1": words[0],
        "word2": words[1],
        "headline": headline,
        "prompt": [{"role": turn.role, "content": turn.content} for turn in asked],
        "chosen": [{"role": "assistant", "content": preference.chosen}],
        "rejected": [{"role": "assistant", "content": preference.rejected}],
        "margin": preference.margin,
        "source": preference.source,
    }


def _schema() -> "pyarrow.Schema":
    import pyarrow

    turn = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    texts = [(name, pyarrow.string()) for name in ("id", "lang", "word1", "word2", "headline")]
    chats = [(name, pyarrow.list_(turn)) for name in ("prompt", "chosen", "rejected")]
    return pyarrow.schema(
        [*texts, *chats, ("margin", pyarrow.float64()), ("source", pyarrow.string())]
    )
