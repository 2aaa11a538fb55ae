"""What is known of each corpus: where it lies, what its label says, and who may use it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from semeval_humor.schema import Lang

HUMAN_WRITTEN = "human-written joke"
"""What the Chinese label says of jokes that people wrote."""

NONE_STATED = "none stated"
"""Licence of what was published without one: read and train on it, but do not pass it on."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one value of a corpus's label says.

    Attributes:
        words: in words.
        is_humor: whether the text is meant or taken as humour; None where the label is about
            something else.
    """

    words: str
    is_humor: bool | None


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is written.

    Attributes:
        text: name of the column with the texts.
        label: name of the column with the labels; None where there is none.
        rating: name of the column with ratings from 1 to 5; None where there is none.
        header: names of the columns where the file does not say them; such a file is divided
            by tabs and quotes nothing. None for a CSV file with a header row.
    """

    text: str
    label: str | None = None
    rating: str | None = None
    header: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a corpus.

    Attributes:
        name: as the rows of ``jokes.parquet`` say it; ids begin with it.
        path: below a folder of corpora.
        url: its public home, at a commit; None where it comes with the package.
        layout: how it is written.
        sha256: of the public file; None where it is learnt at the first download.
    """

    name: str
    path: str
    url: str | None
    layout: Layout
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Corpus:
    """Files with one kind of label, in one language.

    Attributes:
        name: short name.
        lang: language of its texts.
        sources: its files. A row that repeats one of an earlier source is dropped, so new files
            are added at the end, and files without labels come after those with.
        home: page of the project; where it lies in the package, if it comes with it.
        licence: as stated there.
        citation: what to cite.
        about: what the label really says, for the card.
        labels: by value in the file; a row without a label has none.
        tweets: texts have handles, links and tags.
    """

    name: str
    lang: Lang
    sources: tuple[Source, ...]
    home: str
    licence: str
    citation: str
    about: str
    labels: Mapping[str, Meaning] = field(default_factory=dict)
    tweets: bool = False


def _github(repository: str, commit: str, path: str) -> str:
    return f"https://raw.githubusercontent.com/{repository}/{commit}/{path}"


_COLBERT = "Moradnejad/ColBERT-Using-BERT-Sentence-Embedding-for-Humor-Detection"
_HAHA = "pln-fing-udelar/pln-inco-resources"
_HAHA_COMMIT = "5961a446cbd231af06ace050fab36602c0485ef3"
_HAHA_LAYOUT = Layout("text", "is_humor", "humor_rating")
_CCL = "DUTIR-Emotion-Group/CCL2019-Chinese-Humor-Computation"
_THUCNEWS = "649453932/Chinese-Text-Classification-Pytorch"

# The repository's Data/test.csv repeats these rows without labels, and it has no training file.
COLBERT = Corpus(
    name="ColBERT",
    lang=Lang.EN,
    sources=(
        Source(
            "colbert-dev",
            "en/colbert_dev.csv",
            _github(_COLBERT, "17332aa61d697d49083979fb90d251b819b31b5c", "Data/dev.csv"),
            Layout("text", "humor"),
        ),
    ),
    home=f"https://github.com/{_COLBERT}",
    licence="MIT (of the repository)",
    citation="Annamoradnejad and Zoghi 2020, arXiv:2004.12765",
    about="True for short jokes from the web, False for headlines of news and magazines. Easy: "
    "length and style give the answer away.",
    labels={"True": Meaning("joke", True), "False": Meaning("headline", False)},
)

HAHA = Corpus(
    name="HAHA 2021",
    lang=Lang.ES,
    sources=(
        Source(
            "haha2021-train",
            "es/haha_2021_train.csv",
            _github(_HAHA, _HAHA_COMMIT, "humor/haha2021/haha_2021_train.csv"),
            _HAHA_LAYOUT,
            "991386d14480dec73505a53eb8199f9e14b026297bef6a97a181b3e9f5d94e64",
        ),
        Source(
            "haha2021-dev",
            "es/haha_2021_dev_gold.csv",
            _github(_HAHA, _HAHA_COMMIT, "humor/haha2021/haha_2021_dev_gold.csv"),
            _HAHA_LAYOUT,
            "0d57e0f012e425c280c50a228229ffa74bfb4026970e35ecb1fed2f242839a3a",
        ),
        Source(
            "haha2021-test",
            "es/haha_2021_test_gold.csv",
            _github(_HAHA, _HAHA_COMMIT, "humor/haha2021/haha_2021_test_gold.csv"),
            _HAHA_LAYOUT,
        ),
    ),
    home=f"https://github.com/{_HAHA}/tree/main/humor/haha2021",
    licence=NONE_STATED,
    citation="Chiruzzo et al. 2021, Procesamiento del Lenguaje Natural 67, 257-268",
    about="Tweets that people voted humorous or not; those voted humorous have the mean of the "
    "voters' ratings, from 1 to 5.",
    labels={
        "1": Meaning("voted humorous", True),
        "0": Meaning("voted not humorous", False),
    },
    tweets=True,
)

CCL = Corpus(
    name="CCL 2019 task 1",
    lang=Lang.ZH,
    sources=(
        Source(
            "ccl2019-train",
            "zh/task1_train.csv",
            _github(_CCL, "823259c570449201bfe485692891976cd4a7eae0", "task1/task1_train.csv"),
            Layout("joke", "label"),
            "1ee63e3cfd860f1c322df217d1c257ea51b8c228d7076f5ee3802dbc5bf5b4fc",
        ),
        Source(
            "ccl2019-test",
            "zh/task1_test_with_lables.csv",
            _github(
                _CCL,
                "4ff6bcbe3ff5df2f92d95e9af8c2939064a30829",
                "task1/task1_test_with_lables.csv",
            ),
            Layout("joke", "label"),
        ),
        Source(
            "ccl2019-development",  # a part of the test file, without its labels
            "zh/task1_development.csv",
            _github(
                _CCL, "27a1d041ca0bb849cf35e1bc05265c35ffe4f3c0", "task1/task1_development.csv"
            ),
            Layout("joke"),
            "4f20d6985709823de03c34a775536f1645166458276c9f6c524f7a46b4c9afe1",
        ),
    ),
    home=f"https://github.com/{_CCL}",
    licence=NONE_STATED,
    citation="DUTIR, CCL 2019 shared task on Chinese humour computation, task 1",
    about="1 for jokes that people wrote, 0 for jokes that a machine made. Both are jokes, and "
    "nobody judged whether they are funny: is_humor is empty, and a classifier of this label "
    "learns fluency. To train on good jokes, take label = 'human-written joke'.",
    labels={
        "1": Meaning(HUMAN_WRITTEN, None),
        "0": Meaning("machine-made joke", None),
    },
)

# The headlines of the task's own inputs would be at hand as well, but whoever trains on them has
# seen the rows on which everything is measured.
THUCNEWS = Corpus(
    name="THUCNews headlines",
    lang=Lang.ZH,
    sources=(
        Source(
            "thucnews-dev",
            "zh/thucnews_dev.txt",
            _github(_THUCNEWS, "109e2aac8ada85096f839f6e5619a2f0a1774eb4", "THUCNews/data/dev.txt"),
            Layout("text", header=("text", "topic")),
        ),
    ),
    home=f"https://github.com/{_THUCNEWS}",
    licence="MIT (of the repository; the headlines are Sina's, collected for research)",
    citation="Sun et al. 2016, THUCTC: an efficient Chinese text classifier",
    about="No label: headlines of news, 20 to 30 characters, as plain text that is no joke. They "
    "are the Chinese negatives, which the jokes' own label is not.",
    labels={"": Meaning("headline", False)},
)

CORPORA: tuple[Corpus, ...] = (COLBERT, HAHA, CCL, THUCNEWS)
"""All corpora, in the order in which they are built. New ones go to the end."""


def _sample(lang: Lang) -> Corpus:
    return Corpus(
        name="sample",
        lang=lang,
        sources=(Source(f"sample-{lang}", f"{lang}/sample.csv", None, Layout("text", "is_humor")),),
        home="package:samples/corpora",
        licence="Apache-2.0",
        citation="the semeval-humor authors",
        about="160 jokes and 160 serious texts of the same length and on the same topics, written "
        "for this package. Enough to rehearse every stage, far too few to learn humour from.",
        labels={"True": Meaning("joke", True), "False": Meaning("no joke", False)},
    )


SAMPLES: tuple[Corpus, ...] = tuple(map(_sample, Lang))
"""Small corpora of our own, which come with the package."""

TASK_HOME = "https://www.codabench.org/competitions/9719/"
"""Where the organisers publish the inputs of the task, to those who log in, and nowhere else."""

TASK_CITATION = "SemEval-2026 Task 1: MWAHAHA, ACL Anthology 2026.semeval-1.454"

TASK_PHASES = ("dev", "test")
"""Folders of task inputs."""

TASK_SHA256: Mapping[str, str] = {
    "dev/task-a-en.tsv": "321a2621025b2d76248ec1d3d279470660b07cd10333b56a649cc4b8e4f731c6",
    "dev/task-a-es.tsv": "a4f3ffbe02e1185ce701f1e0f5bea19fdfa036b585f172aa3e5977ef599c171a",
    "dev/task-a-zh.tsv": "ccf7dee69660d7a4fc78b4f874e4e5c0bbc537201d75ead93bf7587ee956ddc5",
    "dev/task-b1.tsv": "9b97068d02ac8db4d844fbe7c33ecfecbe5a9a5f855b83d87a8f019265bde3cc",
    "dev/task-b2.tsv": "43e7503ec6473618e97acffd9b287349d2a7de05d66947a74a0a47ed6bbb478b",
}
"""SHA-256 of the inputs that were seen; those of the other ones are learnt when they come."""
