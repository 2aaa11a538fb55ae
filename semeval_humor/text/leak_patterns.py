"""The table of what models say around a joke, shared by the cleaner and the detector.

In every pattern the groups named ``cut`` are what does not belong to the joke; a pattern without
such a group cuts all that it matches. Patterns see a stripped text without invisible characters, in
which each run of spaces is one space, or one newline where it holds any. None backtracks far:
repeats are possessive, bounded, or end at the end of the text.

Most jokes hold nothing of all this. To see that quickly, each rule tells what it needs: a part of
its pattern or something weaker, without which the pattern finds nothing. That is searched for in
folded text and by ``re``, which is several times faster; so it has letters in lower case, and
nothing that ``regex`` or unfolded text could see otherwise: no word boundary, and no upper bound
for letters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import regex

from semeval_humor.schema import Lang
from semeval_humor.text import leak_words as words
from semeval_humor.text.leak_words import any_of


class LeakKind(StrEnum):
    """What a model let out that is no part of a joke."""

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


K = LeakKind


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        kind: what the pattern finds.
        pattern: compiled for one language.
        marks: characters that what the rule needs begins with, or one of the two cases below.
        needs: found in the folded form of every text in which ``pattern`` is found.
        spacer: a space takes the place of what is cut.
    """

    kind: LeakKind
    pattern: regex.Pattern[str]
    marks: str
    needs: re.Pattern[str]
    spacer: bool


_START = r"\A"  # in the place of marks: what is needed is at the start of the text
_ANYWHERE = ""  # in the place of marks: what is needed is plain letters


class Table:
    """All rules of one language.

    Attributes:
        cuts: what can be cut, in the order in which it is: outer layers first.
        verdicts: what cannot be cut: nothing, or no joke, would be left.
    """

    def __init__(self, cuts: tuple[Rule, ...], verdicts: tuple[Rule, ...]) -> None:
        self.cuts, self.verdicts = cuts, verdicts
        at_start, words, inside = [], [], []
        marks: set[str] = set()
        for rule in cuts + verdicts:
            if rule.marks == _START:
                at_start.append(rule.needs.pattern)
            elif rule.marks == _ANYWHERE:
                words.append(rule.needs.pattern)
            else:
                inside.append(rule.needs.pattern)
                marks.update(rule.marks)
        self._at_start = re.compile("|".join(at_start))
        self._words = tuple(words)
        # Most characters are no marks, and take one step.
        self._inside = re.compile(
            rf"(?=[{re.escape(''.join(sorted(marks)))}])(?:{'|'.join(inside)})"
        )

    def is_silent(self, folded: str) -> bool:
        """Whether a folded text holds nothing that any rule needs: then no rule finds anything."""
        return not (
            self._at_start.match(folded)
            or self._inside.search(folded)
            or any(word in folded for word in self._words)
        )


def fold(text: str) -> str:
    """Return a text in which letters are equal that patterns, which ignore case, take for equal."""
    return text.replace("İ", "i").replace("ı", "i").casefold()


_SPECIAL = (
    r"(?:<\|[a-z0-9_]{1,30}+\|>|<｜[^｜\n]{1,30}+｜>|\[/?INST\]|<</?SYS>>|</?s>"
    r"|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>)"
)
_END_TOKEN = (
    r"(?:<\|(?:im_end|endoftext|eot_id|end|end_of_text|eom_id)\|>|<｜end▁of▁sentence｜>"
    r"|<end_of_turn>|<eos>|</s>)"
)
_TURN = r"(?:<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>)"
_SENTENCE_END = ".!?…。！？\"”’'»」』)）\n"
_AFTER_SENTENCE = rf"(?<=[{_SENTENCE_END}]\s?)"
_TRIPLED = "\"'`“”‘’«»「」『』"
# What precedes the first letter of a word; wider than the patterns' \W.
_NO_WORD = "[^a-z\u4e00-\u9fff]*"
_WHOLE_ERROR = (
    r"error|fail(?:ed|ure)?|faild|null|none|nan|n/?a|undefined|exception|time ?out"
    r"|\[object object\]|[错錯][误誤]"
    r"|(?:生成|[请請]求)失[败敗]|出[错錯]了?|[网網][络絡][错錯][误誤]"
)
_ERROR_CAUSE = (
    r"(?:rate.?limit|too many requests|quota|bad gateway|service unavailable|internal server"
    r"|time(?:d )?.?out|unauthori[sz]ed|overloaded|api|status code|max_tokens"
    r"|out of memory|connection)"
)


@cache
def table(lang: Lang) -> Table:
    """The rules for texts in a language: its own and those for English."""
    return Table(_cuts(lang), _verdicts(lang))


def _cuts(lang: Lang) -> tuple[Rule, ...]:
    eager_word, announcement = any_of(words.EAGER, lang), any_of(words.ANNOUNCEMENT, lang)
    eager = rf"(?:{eager_word})[,，.。!！:—–~\s-]"
    joke, one = any_of(words.JOKE, lang), any_of(words.ONE, lang)
    announced = (
        rf"(?:{announcement})[^\n.!?:。！？：]{{0,80}}?(?:{joke})"
        r"[^\n.!?:。！？：]{0,200}+"
    )
    # Another joke's worth of text: what a list of jokes has twice, and a joke about jokes has not.
    enough = r"(?=[^\n]{30})" if lang is not Lang.ZH else r"(?=[^\n]{12})"
    item = r"[\s\S]{40,}?[.!?…\"”»)]" if lang is not Lang.ZH else r"[\s\S]{10,}?[。！？…”」.!?]"
    option = any_of(words.OPTION, lang)
    first = rf"(?:(?:{option})\s?#?1\s?[:：.)]|1[.)、．])"
    second = rf"\s+\**+(?:(?:{option})\s?#?2\s?[:：.)]|2[.)、．])"
    explanation, remark = any_of(words.EXPLANATION, lang), any_of(words.REMARK, lang)
    commented = rf"(?:(?:{explanation})\s?[:：]|{any_of(words.COMMENT, lang)})"
    goodbye = any_of(words.GOODBYE, lang)
    count, unit = any_of(words.COUNT, lang), any_of(words.UNIT, lang)
    counted = rf"(?:(?:{count})\s?[:：=]?\s?\d+\s?(?:{unit})?|(?:[共约約]\s?)?\d+\s?(?:{unit}))"
    label = rf"(?:{any_of(words.LABEL, lang)})\s?[:：]"
    heading = r"(?:headline|titular|[标標][题題]|words?|palabras)\s?[:：]"
    return (
        _rule(K.THINK_TAG, r"<think(?:ing)?>(?:[\s\S]*?</think(?:ing)?>|[\s\S]*+)", "<"),
        _rule(K.THINK_TAG, r"\A[\s\S]*</think(?:ing)?>", "<"),
        # A whole turn of the user before the assistant's; else the assistant's header alone.
        _rule(
            K.ROLE_TOKEN,
            rf"\A(?:{_TURN}(?:system|user)|(?:system|user)\s*\n)[\s\S]*?(?:{_TURN}|\n)"
            rf"(?:assistant|model)(?:<\|end_header_id\|>)?\s*\n\s*",
            *(_START, rf"(?:{_TURN}|(?:system|user)\s*\n)"),
        ),
        _rule(K.ROLE_TOKEN, r"\A\s*\[INST\][\s\S]*?\[/INST\]\s*", "[", "inst"),
        _rule(K.ROLE_TOKEN, rf"\A(?:\s*{_SPECIAL}(?:assistant\b|model\b|user\b)?)++\s*", "<["),
        _rule(K.ROLE_TOKEN, rf"\s*{_END_TOKEN}[\s\S]*+", "<"),
        _rule(K.ROLE_TOKEN, rf"{_SPECIAL}(?:assistant\b|model\b|user\b)?", "<[", spacer=True),
        _rule(
            K.ROLE_TOKEN,
            r"\A(?:assistant|model)\s*\n\s*",
            *(_START, r"(?:assistant|model)\s*\n"),
        ),
        # "Assistant:" may also be a person in a dialogue, which then has another speaker.
        _rule(
            K.ROLE_TOKEN,
            r"\Aassistant\s?[:：]\s*(?!.*[\n.!?\"] ?\p{L}+[:：])",
            *(_START, r"assistant\s?[:：]"),
        ),
        _rule(
            K.ROLE_TOKEN,
            r"\n\s*(?:assistant|user|human|model)\s*[:：]?\s*(?:\n[\s\S]*+|\Z)",
            *("\n", r"\s*(?:assistant|user|human|model)"),
        ),
        _rule(
            K.ROLE_TOKEN,
            r"(?-i:(?<=[.!?。！？\"”])assistant)\Z",
            *('.!?。！？"”', r"assistant\Z"),
        ),
        _rule(K.MARKUP, r"```(?:[a-z]{1,12}(?=\n))?+", "`", "``", spacer=True),
        # Triple quotes are code, and quotes that are cut pair by pair would take quadratic time.
        _rule(K.MARKUP, rf"([{_TRIPLED}])\1{{2,}}+", _TRIPLED, rf"[{_TRIPLED}]{{2}}"),
        _rule(K.MARKUP, r"<(?:br|p|/p|div|/div) ?/?>", "<", spacer=True),
        _rule(K.MARKUP, r"</?(?:b|i|em|strong|u|joke|output|answer)>", "<"),
        # Not from inside a Latin word: people write f**k and 2**8; but **lavar**lo is bold.
        _rule(
            K.MARKUP,
            r"(?<![\p{Latin}\d*])(?<cut>\*\*)(?=[^\s*])[^*\n]++(?<!\s)(?<cut>\*\*)(?!\*)",
            *("*", r"\*"),
        ),
        _rule(
            K.MARKUP,
            r"(?<![\w*])(?<cut>\*{3})(?=[^\s*])[^*\n]++(?<!\s)(?<cut>\*{3})(?![\w*])",
            *("*", r"\*\*"),
        ),
        _rule(K.MARKUP, r"(?:\A|\n)(?<cut>\s*(?:#{1,6}\s+)++)(?=\S)", "#", r"\s"),
        _rule(
            K.MARKUP,
            r"\A(?:[*•‣▪]\s+)++(?=\S)(?![\s\S]*\s[*•‣▪]\s)",
            *(_START, r"[*•‣▪]\s"),
        ),
        _rule(
            K.PREAMBLE,
            rf"\A{eager}{{1,4}}+(?:{eager}{{1,4}}+)?+{announced}(?:[:：.。!！]+|(?=\n))\s*",
            *(_START, rf"{eager}+(?:{eager}+)?(?:{announcement})"),
        ),
        _rule(
            K.PREAMBLE,
            rf"\A{eager}{{1,4}}+(?:{announcement})(?:\s?(?:{one})[^\n.!?:。！？：]{{0,40}}+)?[:：]\s*",
            *(_START, rf"{eager}+(?:{announcement})"),
        ),
        _rule(
            K.PREAMBLE,
            rf"\A(?:{eager_word})[,.。!！~]*+\s*\n\s*",
            *(_START, rf"(?:{eager_word})[,.。!！~]*\s*\n"),
        ),
        _rule(
            K.PREAMBLE,
            rf"\A(?:{announcement})[:：]\s*\n\s*",
            *(_START, rf"(?:{announcement})[:：]\s*\n"),
        ),
        # A joke may announce one itself (Here's a joke: my salary); see ``enough``.
        _rule(
            K.PREAMBLE,
            rf"\A{announced}(?:[:：.!。！]*\s*\n\s*|[:：]\s*{enough})",
            *(_START, rf"(?:{announcement})[^\n.!?:。！？：]*?(?:{joke})"),
        ),
        _rule(
            K.NUMBERED_ALTERNATIVES,
            rf"\A(?<cut>{first}\**+\s*){item}(?<cut>{second}[\s\S]{{15,}}+)",
            *(_START, first),
        ),
        _rule(
            K.NUMBERED_ALTERNATIVES,
            rf"\A(?:{option})\s?#?1\s?[:：.)]\s*",
            *(_START, rf"(?:{option})\s?#?1"),
        ),
        _rule(K.MARKUP, rf"\A(?:{label}\s*)++", _START, label),
        _rule(
            K.MARKUP,
            rf"\A{heading}[^\n]*+\n+\s*{label}\s*",
            *(_START, heading),
        ),
        _rule(
            K.MARKUP,
            r"\A(?<cut>set-?up:\s*)[\s\S]*?(?<cut>\bpunch ?line:\s*)",
            *(_START, "set-?up:"),
        ),
        _rule(
            K.EXPLANATION,
            rf"\s*\n\s*[(（*]*(?:{explanation}|{remark})\s?\**[:：][\s\S]*+",
            *("\n", rf"\s*[(（*]*(?:{explanation}|{remark})"),
        ),
        _rule(
            K.EXPLANATION,
            rf"\s*[(（\[](?:{explanation}|{remark})\s?[:：][^()（）\[\]]*+[)）\]]\Z",
            *(")）]", r"\Z"),
        ),
        _rule(
            K.EXPLANATION,
            rf"{_AFTER_SENTENCE}{commented}[\s\S]*+",
            *(_SENTENCE_END, rf"\s?{commented}"),
        ),
        _rule(
            K.EXPLANATION,
            rf"\s*\n\s*(?:{goodbye})[^\n]*+\Z",
            *("\n", rf"\s*(?:{goodbye})"),
        ),
        _rule(
            K.WORD_COUNT_NOTE,
            rf"\s*[(\[（【]\s?{counted}\s?[)\]）】]\Z",
            *(")]）】", r"\Z"),
        ),
        _rule(
            K.WORD_COUNT_NOTE,
            rf"{_AFTER_SENTENCE}(?:{count})\s?[:：]\s?\d+\s?(?:{unit})?[.。]?\Z",
            *(_SENTENCE_END, rf"\s?(?:{count})\s?[:：]"),
        ),
        *_wrapped(),
    )


def _verdicts(lang: Lang) -> tuple[Rule, ...]:
    machine = any_of(words.MACHINE, lang)
    apology = any_of(words.APOLOGY, lang)
    cannot, serve = rf"(?:{any_of(words.CANNOT, lang)})", rf"(?:{any_of(words.SERVE, lang)})"
    return (
        _rule(
            K.REFUSAL,
            rf"\A\W*+(?:(?:{apology}){cannot}{serve}|(?:{apology})?{cannot}"
            rf"(?:{serve}|make\b|tell\b|contar|hacer|[讲講])(?:{any_of(words.TASK, lang)})"
            rf"|{machine})",
            *(_START, rf"{_NO_WORD}(?:{apology}|{cannot}|{machine})"),
        ),
        _rule(
            K.ERROR_TEXT,
            rf"\A\W*(?:{_WHOLE_ERROR}|error al generar[^\n]{{0,40}})\W*\Z",
            *(_START, rf"{_NO_WORD}(?:(?:{_WHOLE_ERROR}){_NO_WORD}\Z|error al generar)"),
        ),
        _rule(
            K.ERROR_TEXT,
            rf"\A\W*(?:(?:api|http|server|request) )?error\b.{{0,100}}?{_ERROR_CAUSE}",
            *(_START, rf"{_NO_WORD}(?:(?:api|http|server|request) )?error"),
        ),
        _rule(
            K.ERROR_TEXT,
            r"Traceback \(most recent call last\)",
            *("(", "most recent call last"),
        ),
        _rule(K.ERROR_TEXT, r"CUDA out of memory", _ANYWHERE, "cuda out of memory"),
        _rule(
            K.ERROR_TEXT,
            r"(?-i:\b(?:RateLimit|API\w{0,20}|Timeout|Connection|BadRequest|InternalServer)Error\b)",
            *(_ANYWHERE, "error"),
        ),
        _rule(
            K.ERROR_TEXT,
            r"\A\{\s?[\"']error[\"']|\A<(?:!doctype )?html",
            *(_START, r"(?:\{|<)"),
        ),
        _rule(K.UNFILLED_BLANK, r"(?<![(|／\\¦＿_])_{5,}+(?![)|／\\¦＿])", "_", "____"),
    )


def _wrapped() -> Iterator[Rule]:
    """One pair of quotes around the whole text, which may hold further quotations."""
    for left, right in ("“”", "«»", "「」", "『』", "‹›", "„“"):
        pattern = (
            rf"\A(?<cut>{left})(?:[^{left}{right}]++"
            rf"|(?<inner>{left}(?:[^{left}{right}]++|(?&inner))*+{right}))*+(?<cut>{right})\Z"
        )
        yield _rule(K.WRAPPING_QUOTES, pattern, _START, rf"{left}[\s\S]*{right}\Z")
    for left, right, pattern in (
        # Where both quotes look alike, an inner one opens after a space and closes before one.
        (
            *('"', '"'),
            r"\A(?<cut>\")(?:[^\"]++|(?<=[\s(¿¡—:\"])\"(?=\S)[^\"]*+(?<=\S)\"(?!\w))*+(?<cut>\")\Z",
        ),
        ("＂", "＂", r"\A(?<cut>＂)[^＂]*+(?<cut>＂)\Z"),
        ("`", "[`']", r"\A(?<cut>`{1,2}+)[^`]*+(?<cut>`{1,2}+|'')\Z"),
        # An apostrophe between letters closes nothing; 'Tis opens nothing.
        (
            *("'", "'"),
            r"\A(?<cut>')(?!(?:tis|twas|til|cause|em|n)\b)(?:[^']++|(?<=\w)'(?=\w))*+(?<cut>')\Z",
        ),
        ("‘", "’", r"\A(?<cut>‘)(?:[^‘’]++|(?<=\w)’(?=\w))*+(?<cut>’)\Z"),
    ):
        yield _rule(K.WRAPPING_QUOTES, pattern, _START, rf"{left}[\s\S]*{right}\Z")


def _rule(
    kind: LeakKind, pattern: str, marks: str, then: str = "", *, spacer: bool = False
) -> Rule:
    """Compile a pattern, and what it needs: one of some marks and ``then``."""
    begin = marks if marks in (_START, _ANYWHERE) else rf"[{re.escape(marks)}]"
    # The libraries differ on what a word is: no boundaries, and something wider than its letters.
    needs = begin + then.replace(r"\b", "").replace(r"\w", r"\S")
    compiled = regex.compile(pattern, regex.IGNORECASE | regex.VERSION1)
    return Rule(kind, compiled, marks, re.compile(needs), spacer)
