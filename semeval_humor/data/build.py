"""Corpora as they were published to ``jokes.parquet``, a card and a receipt."""

import importlib.metadata
import json
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from semeval_humor.data.card import render_card
from semeval_humor.data.corpora import CORPORA, Corpus
from semeval_humor.data.duplicates import COMPARED_WITH_ALL, RETOLD, SAME
from semeval_humor.data.files import CorpusFile, corpus_files, corpus_name, task_files
from semeval_humor.data.jokes import CorpusText, write_jokes
from semeval_humor.data.read import read_rows
from semeval_humor.data.repair import repair
from semeval_humor.data.sieve import LEAST_CONTENT, Goes, Sieve
from semeval_humor.data.splits import PERCENT
from semeval_humor.data.tally import Build, SourceTally, TaskInputs
from semeval_humor.errors import ConfigError, DataError
from semeval_humor.files import atomic_path, atomic_writer, sha256_of_file
from semeval_humor.receipt import hardware, receipt_path, versions, write_receipt
from semeval_humor.schema import FileRecord, GifPrompt, Headline, Lang, ModelIdentity, Receipt
from semeval_humor.tsv import read_prompts

FILE_NAME = "jokes.parquet"

Opener = Callable[[Path], AbstractContextManager[BinaryIO]]

# The libraries that decide which texts come out.
_LIBRARIES = ("ftfy", "opencc", "py3langid", "pyarrow", "rapidfuzz", "regex", "rensa")


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made.

    Attributes:
        path: ``jokes.parquet``; card, receipt and dropped rows lie beside it.
        build: what was read, dropped and kept.
        seconds: from the first row to the last.
        peak_mib: most memory that the process has had, in MiB.
    """

    path: Path
    build: Build
    seconds: float
    peak_mib: int

    @property
    def rows_per_second(self) -> float:
        """Rows read each second."""
        return sum(tally.read for tally in self.build.sources) / self.seconds


def card_path(path: Path) -> Path:
    """Where the card of a file lies: ``jokes.md`` beside ``jokes.parquet``."""
    return path.with_suffix(".md")


def dropped_path(path: Path) -> Path:
    """Where the rows that did not stay lie: ``jokes.dropped.jsonl`` beside ``jokes.parquet``."""
    return path.with_suffix(".dropped.jsonl")


def open_binary(path: Path) -> BinaryIO:
    """Open a file as bytes."""
    return path.open("rb")


def build(
    folder: Path,
    out: Path,
    *,
    corpora: Sequence[Corpus] = CORPORA,
    force: bool = False,
    opener: Opener = open_binary,
) -> Built:
    """Make ``jokes.parquet`` from the corpora in a folder. Same files, same bytes.

    Rows are repaired, judged and written one after the other. What grows with their number is
    the index of duplicates, by about 2 KB a row.

    Args:
        folder: holds ``corpora/`` and, if the task's inputs are at hand, ``mwahaha/``.
        out: folder of the result.
        corpora: which are built, in this order, as far as their files are there.
        force: replace a result that is there.
        opener: opens the files, so that progress can be shown.

    Raises:
        ConfigError: there is a result, and no ``force``.
        DataError: there is no file of any corpus, or one of them cannot be read as what it
            should be.
        HumorError: the result cannot be written.
    """
    path = out / FILE_NAME
    if path.exists() and not force:
        raise ConfigError(f"{path}: is there already; use --force to build it again")
    files = corpus_files(folder, corpora)
    if not files:
        names = ", ".join(corpus_name(corpus.sources[0]) for corpus in corpora)
        raise DataError(
            f"{folder}: no corpus found, expected {names}; "
            "run semeval-humor data fetch all, or name a folder with --from"
        )
    started, clock = datetime.now(UTC), time.perf_counter()
    inputs, sieves = _sieves(folder)
    found = Build(
        sources=[SourceTally(file, sha256_of_file(file.path)) for file in files],
        missing=_missing(files, corpora),
        task_inputs=inputs,
        versions=_versions(),
    )
    with atomic_writer(dropped_path(path)) as dropped, atomic_path(path) as temporary:
        write_jokes(temporary, _rows(found.sources, sieves, dropped, opener))
    seconds = time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with atomic_writer(card_path(path)) as card:
        card.write(render_card(found, sha256_of_file(path)))
    built = Built(path, found, seconds, peak)
    write_receipt(receipt_path(path), _receipt(built, folder, started))
    return built


def _sieves(folder: Path) -> tuple[TaskInputs, Mapping[Lang, Sieve]]:
    texts: dict[Lang, list[str]] = defaultdict(list)
    digests = {}
    for file in task_files(folder):
        digests[file.name] = sha256_of_file(file.path)
        for prompt in read_prompts(file.path, file.task, file.lang):
            match prompt.constraint:
                case Headline(text) | GifPrompt(_, text):
                    texts[file.lang].append(text)
    counts = {lang: len(texts[lang]) for lang in Lang}
    return TaskInputs(digests, counts), {lang: Sieve(lang, texts[lang]) for lang in Lang}


def _rows(
    tallies: Sequence[SourceTally], sieves: Mapping[Lang, Sieve], dropped: TextIO, opener: Opener
) -> Iterator[CorpusText]:
    for tally in tallies:
        sieve = sieves[tally.file.corpus.lang]
        try:
            stream = opener(tally.file.path)
        except OSError as error:
            raise DataError(f"{tally.file.path}: cannot be read: {error.strerror}") from error
        with stream as opened:
            yield from _judged(opened, tally, sieve, dropped)


def _judged(
    stream: BinaryIO, tally: SourceTally, sieve: Sieve, dropped: TextIO
) -> Iterator[CorpusText]:
    corpus, source = tally.file.corpus, tally.file.source
    for row in read_rows(tally.file.path, stream, corpus, source):
        id_ = f"{source.name}-{row.number}"
        text = repair(row.text, tweet=corpus.tweets)
        label = row.label.words or None
        verdict = sieve.judge(id_, text, label)
        tally.add(verdict, text, row.label, repaired=text != row.text)
        if isinstance(verdict, Goes):
            line = {"id": id_, "why": verdict.why, "detail": verdict.detail, "text": row.text}
            dropped.write(json.dumps(line, ensure_ascii=False) + "\n")
            continue
        yield CorpusText(
            id=id_,
            lang=corpus.lang,
            text=text,
            is_humor=row.label.is_humor,
            rating=row.rating,
            label=label,
            source=source.name,
            split=verdict.split,
            licence=corpus.licence,
        )


def _missing(files: Sequence[CorpusFile], corpora: Sequence[Corpus]) -> list[str]:
    there = {file.source.name for file in files}
    sources = [source for corpus in corpora for source in corpus.sources]
    return [source.name for source in sources if source.name not in there]


def _versions() -> dict[str, str]:
    common = versions()
    own = {name: common[name] for name in ("semeval-humor", "python")}
    return own | {name: importlib.metadata.version(name) for name in _LIBRARIES}


def _receipt(built: Built, folder: Path, started: datetime) -> Receipt:
    settings: dict[str, Any] = {
        "same": SAME,
        "retold": RETOLD,
        "compared_with_all": COMPARED_WITH_ALL,
        "least_content": dict(LEAST_CONTENT),
        "percent": dict(PERCENT),
    }
    sources, path = built.build.sources, built.path
    inputs = [FileRecord(str(tally.file.path), tally.sha256) for tally in sources]
    task = [FileRecord(name, digest) for name, digest in built.build.task_inputs.sha256.items()]
    results = (path, card_path(path), dropped_path(path))
    drops: Counter[str] = Counter()
    for tally in sources:
        drops.update(tally.dropped)
    return Receipt(
        command="data build",
        config={"from": str(folder), "out": str(path.parent), **settings},
        identity={**settings, "files": {tally.file.source.name: tally.sha256 for tally in sources}},
        model=ModelIdentity("none"),
        engine={},
        inputs=(*inputs, *task),
        outputs=tuple(FileRecord(result.name, sha256_of_file(result)) for result in results),
        counts={
            "read": {tally.file.source.name: tally.read for tally in sources},
            "kept": {tally.file.source.name: tally.kept for tally in sources},
            "dropped": dict(drops),
            "rows_per_second": round(built.rows_per_second),
            "peak_mib": built.peak_mib,
        },
        unresolved={},
        versions=versions() | dict(built.build.versions),
        hardware=hardware(),
        started=started.isoformat(timespec="seconds"),
        seconds=round(built.seconds, 2),
    )
