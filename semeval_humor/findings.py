"""Faults of submission files: every code that can be reported, and what a report of one says."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What a finding means for the file."""

    ERROR = "error"
    WARNING = "warning"


class Code(StrEnum):
    """Kinds of faults: first those of files, then those of texts."""

    BAD_ZIP = "bad-zip"
    ZIP_FOLDER = "zip-folder"
    WRONG_FILE_NAME = "wrong-file-name"
    UNREADABLE = "unreadable"
    NOT_UTF8 = "not-utf8"
    BOM = "bom"
    NOT_TSV = "not-tsv"
    MISSING_COLUMN = "missing-column"
    EXTRA_COLUMN = "extra-column"
    UNCLOSED_QUOTE = "unclosed-quote"
    SWALLOWED_ROW = "swallowed-row"
    UNKNOWN_ID = "unknown-id"
    DUPLICATE_ID = "duplicate-id"
    MISSING_ID = "missing-id"

    EMPTY_TEXT = "empty-text"
    NULL_TEXT = "null-text"
    TOO_LONG = "too-long"
    TOO_MANY_WORDS = "too-many-words"
    MISSING_WORD = "missing-word"
    INFLECTED_WORD = "inflected-word"
    HEADLINE_COPY = "headline-copy"
    WRONG_SCRIPT = "wrong-script"
    WRONG_LANGUAGE = "wrong-language"
    REPETITION = "repetition"
    TRUNCATED = "truncated"
    DUPLICATE_TEXT = "duplicate-text"
    NEWLINE = "newline"
    CONTROL_CHAR = "control-char"
    THINK_TAG = "think-tag"
    ROLE_TOKEN = "role-token"
    MARKUP = "markup"
    PREAMBLE = "preamble"
    NUMBERED_ALTERNATIVES = "numbered-alternatives"
    EXPLANATION = "explanation"
    WORD_COUNT_NOTE = "word-count-note"
    WRAPPING_QUOTES = "wrapping-quotes"
    REFUSAL = "refusal"
    ERROR_TEXT = "error-text"
    UNFILLED_BLANK = "unfilled-blank"

    @property
    def level(self) -> Level:
        """Error for what the organisers' side would reject or lose; warning for the rest."""
        return Level.ERROR if self in _ERRORS else Level.WARNING


_ERRORS = frozenset(
    {
        *(Code.BAD_ZIP, Code.ZIP_FOLDER, Code.WRONG_FILE_NAME, Code.UNREADABLE, Code.NOT_UTF8),
        *(Code.NOT_TSV, Code.MISSING_COLUMN, Code.EXTRA_COLUMN, Code.UNCLOSED_QUOTE),
        *(Code.SWALLOWED_ROW, Code.UNKNOWN_ID, Code.DUPLICATE_ID, Code.MISSING_ID),
        *(Code.EMPTY_TEXT, Code.NULL_TEXT, Code.TOO_LONG),
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in one place.

    Attributes:
        file: path as people know it; members of a zip are ``X.zip/task-a-en.tsv``.
        code: what kind of fault.
        message: what was found and what was expected.
        line: line of the file, from 1; None where the fault has no line.
        id: id of the row; None where it has none.
    """

    file: str
    code: Code
    message: str
    line: int | None = None
    id: str | None = None

    @property
    def level(self) -> Level:
        """The level of its code."""
        return self.code.level
