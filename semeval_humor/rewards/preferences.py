"""Preferences: of two jokes for one prompt, which is the better one. What ``train dpo`` reads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeval_humor.errors import DataError
from semeval_humor.files import atomic_path
from semeval_humor.prompts import PromptBook
from semeval_humor.rewards.votes import PairVote, Winner
from semeval_humor.schema import Headline, Lang, Prompt, Scorer, Task, WordPair

if TYPE_CHECKING:
    import pyarrow

_ROWS_AT_ONCE = 5_000


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
    winner: Winner


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


def from_scores(
    prompts: Sequence[Prompt],
    texts: Sequence[str],
    scorer: Scorer,
    *,
    source: str,
    min_margin: float = 0.1,
) -> Iterator[Preference]:
    """The best text of each prompt over its worst one, in the order of the prompts.

    Args:
        prompts: what each text answers; those that are equal belong together.
        texts: candidates.
        scorer: says how good they are.
        source: where they are from.
        min_margin: prompts whose texts differ by less teach little, and are left out.
    """
    scored: dict[Prompt, dict[str, float]] = defaultdict(dict)
    for prompt, text, score in zip(prompts, texts, scorer(prompts, texts), strict=True):
        scored[prompt][text] = score
    for prompt, scores in scored.items():
        chosen, rejected = max(scores, key=scores.__getitem__), min(scores, key=scores.__getitem__)
        margin = scores[chosen] - scores[rejected]
        if margin >= min_margin and margin > 0:
            yield Preference(prompt, chosen, rejected, margin, source)


def from_votes(votes: Iterable[PairVote], *, source: str) -> Iterator[Preference]:
    """What people voted for: see :func:`from_comparisons`.

    The votes are on English jokes about a theme; it stands in the place of a headline.
    """
    comparisons = (
        Comparison(_theme(vote.theme), vote.left, vote.right, vote.winner) for vote in votes
    )
    return from_comparisons(comparisons, source=source)


def from_comparisons(comparisons: Iterable[Comparison], *, source: str) -> Iterator[Preference]:
    """The joke of each pair that won more often, in the order of the pairs' first comparisons.

    The margin is the share of the comparisons that it won less the share that it lost, in (0, 1];
    a tie counts for neither. Pairs that are even are left out, as are pairs of equal jokes.
    """
    lead: dict[tuple[Prompt, str, str], int] = defaultdict(int)
    count: dict[tuple[Prompt, str, str], int] = defaultdict(int)
    for each in comparisons:
        first, second = sorted((each.left, each.right))
        pair = each.prompt, first, second
        count[pair] += 1
        if each.winner in (Winner.LEFT, Winner.RIGHT) and first != second:
            winner = each.left if each.winner is Winner.LEFT else each.right
            lead[pair] += 1 if winner == first else -1
    for pair, ahead in lead.items():
        prompt, first, second = pair
        chosen, rejected = (first, second) if ahead > 0 else (second, first)
        if ahead:
            yield Preference(prompt, chosen, rejected, abs(ahead) / count[pair], source)


def write_preferences(
    path: Path, preferences: Iterable[Preference], book: PromptBook | None = None
) -> int:
    """Write a Parquet file that TRL's DPO trainer reads as it is, and return its number of rows.

    prompt, chosen and rejected are lists of chat turns; id, lang, word1, word2, headline, margin
    and source stand beside them.

    Args:
        path: the file.
        preferences: what to write, in order.
        book: how the prompts are worded; by default as ``predict`` words them.

    Raises:
        DataError: there is no preference, or the prompt of one is no row of subtask A.
        HumorError: the file cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    book = book or PromptBook()
    left = (_record(preference, book) for preference in preferences)
    written = 0
    with atomic_path(path) as temporary:
        with pyarrow.parquet.ParquetWriter(temporary, _schema(), compression="zstd") as writer:
            while rows := list(islice(left, _ROWS_AT_ONCE)):
                writer.write_batch(pyarrow.RecordBatch.from_pylist(rows, schema=_schema()))
                written += len(rows)
        if not written:
            raise DataError(f"{path}: no preference to write: nothing was better than another")
    return written


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
