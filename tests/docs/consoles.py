"""What the documents tell their readers to type."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("benchmarks/*.md")),
    ROOT / "submissions" / "README.md",  # the rest of that folder is its user's
]
CONFIGS = sorted(ROOT.glob("configs/**/*.toml"))

FENCE = re.compile(r"^ *```(\S*).*\n((?:.*\n)*?) *```$", re.MULTILINE)
PROMPT = re.compile(r"^ *\$ ((?:.*\\\n)*.*)((?:\n(?! *\$ ).*)*)", re.MULTILINE)
QUOTED = re.compile(r"`(semeval-humor [^`]*(?:--|/)[^`]*)`")
COMMENT = re.compile(r"^#\s+(semeval-humor (?:.*\\\n#)*.*)", re.MULTILINE)
REMARK = re.compile(r"\s# .*")
ASSIGNMENT = re.compile(r"\w+=\S* +")
BETWEEN_COMMANDS = re.compile(r" (?:&&|\|\|?|;) ")
REDIRECTION = re.compile(r" (?:\d?>>? ?\S+|&$)")


@dataclass(frozen=True, slots=True)
class Typed:
    """Something that a reader is told to type.

    Attributes:
        page: where, relative to the repository.
        line: of the page, from 1.
        text: as it stands there, in one line.
        output: what is shown below it.
    """

    page: str
    line: int
    text: str
    output: str = ""

    def __str__(self) -> str:
        """Place, as editors and terminals link it."""
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Its commands, without variables in front, files behind, and remarks."""
        parts = BETWEEN_COMMANDS.split(REMARK.sub("", self.text))
        return [REDIRECTION.sub("", ASSIGNMENT.sub("", part.strip())) for part in parts]


def words_of(command: str) -> list[str]:
    """A command's words; globs and braces stay as they are."""
    return shlex.split(command)


def typed(path: Path) -> Iterator[Typed]:
    """What stands behind a prompt on the consoles of a page."""
    for lang, body, start, page in blocks(path):
        if lang == "console":
            for found in PROMPT.finditer(body):
                yield _typed(path, page, start + found.start(1), found[1], found[2].strip())


def blocks(path: Path) -> Iterator[tuple[str, str, int, str]]:
    """Blocks of a page: language, content, where the content begins, and the whole page."""
    page = path.read_text(encoding="utf-8")
    for found in FENCE.finditer(page):
        yield found[1], found[2], found.start(2), page


def mentioned(path: Path) -> Iterator[Typed]:
    """Whole commands in the text of a page, or in the comments of a config."""
    page = path.read_text(encoding="utf-8")
    for found in (COMMENT if path.suffix == ".toml" else QUOTED).finditer(page):
        yield _typed(path, page, found.start(1), found[1].replace("\\\n#", "\\\n"))


def _typed(path: Path, page: str, start: int, text: str, output: str = "") -> Typed:
    line = page.count("\n", 0, start) + 1
    text = re.sub(r"\s*\\\n\s*", " ", text)
    return Typed(str(path.relative_to(ROOT)), line, text, output)


LINES = [each for path in PAGES for each in typed(path)]
ASIDES = [each for path in [*PAGES, *CONFIGS] for each in mentioned(path)]
