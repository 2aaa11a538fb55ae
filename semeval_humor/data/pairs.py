"""``pairs.parquet``: prompts of the task, each with a joke that answers it, to train on."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from semeval_humor.data.jokes import CorpusText
from semeval_humor.data.labels import Label
from semeval_humor.data.splits import Split
from semeval_humor.parquet import write_rows
from semeval_humor.prompts import PromptBook
from semeval_humor.schema import Headline, Lang, Message, Prompt, Task, WordPair

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of ``pairs.parquet``, in the order of its columns.

    Attributes:
        id: of the joke, with ``/words`` or ``/headline``.
        joke_id: id of the joke in ``jokes.parquet``.
        lang: language.
        word1: a verb of the joke; empty for a headline.
        word2: a noun of the joke; empty for a headline.
        headline: a headline that the joke could be about; empty for two words.
        joke: the answer.
        split: that of the joke.
        source: file that the joke is from.
        licence: of the joke, as its publishers state it.
        messages: the turns of a chat: the prompt as ``predict`` gives it, and the joke.
        text: the same as the chat template of the model to be trained writes it, ending in its
            end token; empty where no model was named.
    """

    id: str
    joke_id: str
    lang: Lang
    word1: str
    word2: str
    headline: str
    joke: str
    split: Split
    source: str
    licence: str
    messages: tuple[Message, ...]
    text: str = ""

    @property
    def prompt(self) -> Prompt:
        """The row of the task that the joke answers."""
        words = WordPair(self.word1, self.word2)
        constraint = Headline(self.headline) if self.headline else words
        return Prompt(self.id, Task.A, self.lang, constraint)


def pairs_of(joke: CorpusText, label: Label, book: PromptBook) -> Iterator[Pair]:
    """The two rows that a labelled joke makes: one for its words, one for its headline."""
    for kind, constraint in (
        ("words", WordPair(label.verb, label.noun)),
        ("headline", Headline(label.headline)),
    ):
        prompt = Prompt(f"{joke.id}/{kind}", Task.A, joke.lang, constraint)
        asked = book.conversation(prompt, chat=True, seed=0, round_=0, sample=0)
        assert not isinstance(asked, str)  # as a chat was asked for
        yield Pair(
            id=prompt.id,
            joke_id=joke.id,
            lang=joke.lang,
            word1=label.verb if kind == "words" else "",
            word2=label.noun if kind == "words" else "",
            headline=label.headline if kind == "headline" else "",
            joke=joke.text,
            split=joke.split,
            source=joke.source,
            licence=joke.licence,
            messages=(*asked, Message("assistant", joke.text)),
        )


def write_pairs(path: Path, pairs: Iterable[Pair]) -> int:
    """Write rows as they come, holding a few thousand at a time, and return their number.

    Raises:
        OSError: the file cannot be written.
    """
    return write_rows(path, _schema(), map(asdict, pairs))


def _schema() -> "pyarrow.Schema":
    import pyarrow

    turn = pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])
    types = {"messages": pyarrow.list_(turn)}
    names = [field.name for field in fields(Pair)]
    return pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in names])
