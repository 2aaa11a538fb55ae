"""The table of what models say around a joke, shared by the cleaner and the detector.

In every pattern the groups named ``cut`` are what does not belong to the joke; a pattern without
such a group cuts all that it matches. Patterns see a stripped text without invisible characters, in
which each run of spaces is one space, or one newline where it holds any. None backtracks far:
repeats are possessive, bounded, or end at the end of the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import regex

from semeval_humor.schema import Lang


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


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        kind: what the pattern finds.
        pattern: compiled for one language.
        spacer: a space takes the place of what is cut.
    """

    kind: LeakKind
    pattern: regex.Pattern[str]
    spacer: bool = False


# Models answer in the language of the prompt or in English, so each language has English as well.
_Words = Mapping[Lang, str]

_JOKE: _Words = {
    Lang.EN: r"\b(?:jokes?|one[- ]?liners?|puns?|captions?|punch ?lines?|quips?)\b",
    Lang.ES: r"\b(?:chistes?|bromas?|chascarrillos?|frases? graciosas?)\b",
    Lang.ZH: r"(?:笑[话話]|段子|幽默|俏皮[话話])",
}
_EAGER: _Words = {
    Lang.EN: r"(?:sure(?: thing)?|certainly|of course|absolutely|definitely|ok(?:ay)?|alright"
    r"|great|no problem|got it|happy to help|i(?:['’]d| would) be (?:happy|glad) to(?: help)?"
    r"(?: with that)?)",
    Lang.ES: r"¡?(?:claro(?: que sí)?|por supuesto|seguro|desde luego|perfecto|vale|con (?:mucho )?"
    r"gusto|de acuerdo|entendido)",
    Lang.ZH: r"(?:好的?|[当當]然(?:可以)?|[没沒][问問][题題]|可以的?|明白了?)",
}
_ANNOUNCEMENT: _Words = {
    Lang.EN: r"(?:here(?:['’]s| is| are| you go| it is)|below is|this is|i(?:['’]ve| have) "
    r"(?:come up with|written|created)|i came up with|let me (?:tell|give) you)",
    Lang.ES: r"¡?(?:(?:aquí|acá|ahí)(?: te| le| os)? (?:tienes?|va|van|está|dejo|traigo|presento)"
    r"|(?:te|le|os) (?:dejo|presento|comparto)|este es|a continuación)",
    Lang.ZH: r"(?:[这這](?:就)?是|[这這][里裡儿]有|以下是|下面是|"
    r"我?[给給为為][你您][讲講来來写寫准準创創])",
}
_LABEL: _Words = {
    Lang.EN: r"(?:final |my |the |your |short |funny )?(?:joke|one-liner|caption|output"
    r"|final answer)",
    Lang.ES: r"(?:el )?chiste(?: corto| final)?",
    Lang.ZH: r"(?:最[终終])?(?:笑[话話]|段子)(?:[内內]容)?",
}
_EXPLANATION: _Words = {
    Lang.EN: r"(?:explanation|why (?:it['’]s|it is|this is) funny|why (?:it|this)(?: joke)? works"
    r"|joke explained)",
    Lang.ES: r"(?:explicación|por qué (?:es gracioso|da risa|funciona))",
    Lang.ZH: r"(?:解[释釋析]|笑[点點](?:解析|分析|[说說]明)?|[说說]明)",
}
_REMARK: _Words = {
    Lang.EN: r"(?:note|disclaimer)",
    Lang.ES: r"(?:nota|aclaración)",
    Lang.ZH: r"(?:注意?|[备備][注註])",
}
_COMMENT: _Words = {
    Lang.EN: r"(?:(?:this|the) (?:joke|pun|humou?r|wordplay|punchline)(?: here)? (?:plays|is a play"
    r"|relies|works|comes from|lies in|uses|hinges))",
    Lang.ES: r"(?:(?:este|el) (?:chiste|humor)(?: aquí)? (?:juega|se basa|radica|utiliza"
    r"|usa|reside))",
    Lang.ZH: r"(?:[这這][个個]?(?:笑[话話]|段子)(?:的笑[点點])?"
    r"(?:利用|通[过過]|[运運]用|在[于於]))",
}
_GOODBYE: _Words = {
    Lang.EN: r"(?:i hope (?:you|this|that)|hope (?:you|this) |let me know if|would you like (?:me|"
    r"another)|feel free to|enjoy!)",
    Lang.ES: r"(?:¡?espero que (?:te|os|le|esto|este)|¿(?:quieres|te gustaría) (?:que|otro))",
    Lang.ZH: r"(?:希望(?:[你您]|[这這]|能)|如果[你您](?:需要|想|[还還])|需要我)",
}
_COUNT: _Words = {
    Lang.EN: r"(?:(?:total )?(?:word|character) count|words|characters)",
    Lang.ES: r"(?:(?:número|recuento|total|conteo) de palabras|palabras)",
    Lang.ZH: r"(?:[总總]?字[数數]|[总總]共)",
}
_UNIT: _Words = {
    Lang.EN: r"(?:words|characters)(?: total| in total)?",
    Lang.ES: r"(?:palabras|caracteres)(?: en total)?",
    Lang.ZH: r"[个個]?(?:[汉漢]?字|字符)",
}
_OPTION: _Words = {
    Lang.EN: r"(?:joke|option|version|alternative|caption)",
    Lang.ES: r"(?:chiste|opción|versión|alternativa)",
    Lang.ZH: r"(?:笑[话話]|段子|[选選][项項]|版本)",
}
_APOLOGY: _Words = {
    Lang.EN: r"(?:i(?:['’]m| am) (?:\w+ )?sorry|sorry|i apologi[sz]e|unfortunately)[,.!]?"
    r"(?: but)? ",
    Lang.ES: r"(?:lo siento|lo lamento|disculpa|perdón)[,.!]?(?: pero)? ",
    Lang.ZH: r"(?:很?抱歉|[对對]不起|不好意思)[,，。！]?\s?(?:但是?)?",
}
_CANNOT: _Words = {
    Lang.EN: r"i(?: (?:can(?:['’]t|not| not)|won['’]t|am (?:not able to|unable to))"
    r"|['’]m (?:not able to|unable to)) ",
    Lang.ES: r"no (?:puedo|me es posible) ",
    Lang.ZH: r"我?(?:[暂暫][时時])?(?:[无無]法|不能|不便)",
}
_SERVE: _Words = {
    Lang.EN: r"(?:help|assist|fulfill?|create|generate|write|provide|comply|produce|complete"
    r"|process|access|view)\b",
    Lang.ES: r"(?:ayudar|generar|crear|cumplir|proporcionar|escribir|responder|producir|procesar"
    r"|acceder)",
    Lang.ZH: r"[^。，]{0,8}(?:生成|提供|[创創]作|回答|[满滿]足|[协協]助|[帮幫]|完成"
    r"|[编編]|[写寫]|[处處]理)",
}
# Without an apology, what cannot be done must be the task: people cannot generate enthusiasm.
_TASK: _Words = {
    Lang.EN: r"[^.!?\n]{0,60}\b(?:with (?:that|this)|jokes?|requests?|content|captions?)\b",
    Lang.ES: r"[^.!?\n]{0,60}\b(?:con es[oae]|con est[oae]|chistes?|bromas?|contenido|solicitud)\b",
    Lang.ZH: r"[^。\n]{0,20}(?:笑[话話]|段子|[内內]容|[请請]求|要求)",
}
_MACHINE: _Words = {
    Lang.EN: r"as (?:an ai\b|a large language model|a language model)",
    Lang.ES: r"como (?:(?:un )?modelo de lenguaje|(?:una )?(?:ia|inteligencia artificial)\b)",
    Lang.ZH: r"作[为為]一?[个個名]?(?:AI|人工智[能慧])",
}

_SPECIAL = (
    r"(?:<\|[a-z0-9_]{1,30}+\|>|<｜[^｜\n]{1,30}+｜>|\[/?INST\]|<</?SYS>>|</?s>"
    r"|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>)"
)
_END_TOKEN = (
    r"(?:<\|(?:im_end|endoftext|eot_id|end|end_of_text|eom_id)\|>|<｜end▁of▁sentence｜>"
    r"|<end_of_turn>|<eos>|</s>)"
)
_TURN = r"(?:<\|im_start\|>|<\|start_header_id\|>|<start_of_turn>)"
_AFTER_SENTENCE = r"(?<=[.!?…。！？\"”’'»」』)）\n]\s?)"
_WHOLE_ERROR = (
    r"error|fail(?:ed|ure)?|faild|null|none|nan|n/?a|undefined|exception|time ?out"
    r"|\[object Object\]"
    r"|error al generar[^\n]{0,40}|[错錯][误誤]"
    r"|(?:生成|[请請]求)失[败敗]|出[错錯]了?|[网網][络絡][错錯][误誤]"
)
_ERROR_CAUSE = (
    r"(?:rate.?limit|too many requests|quota|bad gateway|service unavailable|internal server"
    r"|time(?:d )?.?out|unauthori[sz]ed|overloaded|api|status code|max_tokens"
    r"|out of memory|connection)"
)


@cache
def rules(lang: Lang) -> tuple[Rule, ...]:
    """What can be cut, in the order in which it is: outer layers first."""
    eager = rf"(?:{_any(_EAGER, lang)})[,，.。!！:—–~\s-]{{1,4}}+"
    announced = (
        rf"(?:{_any(_ANNOUNCEMENT, lang)})[^\n.!?:。！？：]{{0,80}}?(?:{_any(_JOKE, lang)})"
        r"[^\n.!?:。！？：]{0,200}+"
    )
    # Another joke's worth of text: what a list of jokes has twice, and a joke about jokes has not.
    enough = r"(?=[^\n]{30})" if lang is not Lang.ZH else r"(?=[^\n]{12})"
    item = r"[\s\S]{40,}?[.!?…\"”»)]" if lang is not Lang.ZH else r"[\s\S]{10,}?[。！？…”」.!?]"
    first = rf"(?:(?:{_any(_OPTION, lang)})\s?#?1\s?[:：.)]|1[.)、．])\**+\s*"
    second = rf"\s+\**+(?:(?:{_any(_OPTION, lang)})\s?#?2\s?[:：.)]|2[.)、．])"
    explanation, remark = _any(_EXPLANATION, lang), _any(_REMARK, lang)
    count, unit, label = _any(_COUNT, lang), _any(_UNIT, lang), _any(_LABEL, lang)
    counted = rf"(?:(?:{count})\s?[:：=]?\s?\d+\s?(?:{unit})?|(?:[共约約]\s?)?\d+\s?(?:{unit}))"
    return (
        _rule(LeakKind.THINK_TAG, r"<think(?:ing)?>(?:[\s\S]*?</think(?:ing)?>|[\s\S]*+)"),
        _rule(LeakKind.THINK_TAG, r"\A[\s\S]*</think(?:ing)?>"),
        # A whole turn of the user before the assistant's; else the assistant's header alone.
        _rule(
            LeakKind.ROLE_TOKEN,
            rf"\A(?:{_TURN}(?:system|user)|(?:system|user)\s*\n)[\s\S]*?(?:{_TURN}|\n)"
            rf"(?:assistant|model)(?:<\|end_header_id\|>)?\s*\n\s*",
        ),
        _rule(LeakKind.ROLE_TOKEN, r"\A\s*\[INST\][\s\S]*?\[/INST\]\s*"),
        _rule(LeakKind.ROLE_TOKEN, rf"\A(?:\s*{_SPECIAL}(?:assistant\b|model\b|user\b)?)++\s*"),
        _rule(LeakKind.ROLE_TOKEN, rf"\s*{_END_TOKEN}[\s\S]*+"),
        _rule(LeakKind.ROLE_TOKEN, rf"{_SPECIAL}(?:assistant\b|model\b|user\b)?", spacer=True),
        _rule(LeakKind.ROLE_TOKEN, r"\A(?:assistant|model)\s*\n\s*"),
        # "Assistant:" may also be a person in a dialogue, which then has another speaker.
        _rule(LeakKind.ROLE_TOKEN, r"\Aassistant\s?[:：]\s*(?!.*[\n.!?\"] ?\p{L}+[:：])"),
        _rule(
            LeakKind.ROLE_TOKEN, r"\n\s*(?:assistant|user|human|model)\s*[:：]?\s*(?:\n[\s\S]*+|\Z)"
        ),
        _rule(LeakKind.ROLE_TOKEN, r"(?-i:(?<=[.!?。！？\"”])assistant)\Z"),
        _rule(LeakKind.MARKUP, r"```(?:[a-z]{1,12}(?=\n))?+", spacer=True),
        # Triple quotes are code, and quotes that are cut pair by pair would take quadratic time.
        _rule(LeakKind.MARKUP, r"([\"'`“”‘’«»「」『』])\1{2,}+"),
        _rule(LeakKind.MARKUP, r"<(?:br|p|/p|div|/div) ?/?>", spacer=True),
        _rule(LeakKind.MARKUP, r"</?(?:b|i|em|strong|u|joke|output|answer)>"),
        # Not from inside a Latin word: people write f**k and 2**8; but **lavar**lo is bold.
        _rule(
            LeakKind.MARKUP,
            r"(?<![\p{Latin}\d*])(?<cut>\*\*)(?=[^\s*])[^*\n]++(?<!\s)(?<cut>\*\*)(?!\*)",
        ),
        _rule(
            LeakKind.MARKUP,
            r"(?<![\w*])(?<cut>\*{3})(?=[^\s*])[^*\n]++(?<!\s)(?<cut>\*{3})(?![\w*])",
        ),
        _rule(LeakKind.MARKUP, r"(?:\A|\n)(?<cut>\s*(?:#{1,6}\s+)++)(?=\S)"),
        _rule(LeakKind.MARKUP, r"\A(?:[*•‣▪]\s+)++(?=\S)(?![\s\S]*\s[*•‣▪]\s)"),
        _rule(LeakKind.PREAMBLE, rf"\A{eager}(?:{eager})?+{announced}(?:[:：.。!！]+|(?=\n))\s*"),
        _rule(LeakKind.PREAMBLE, rf"\A(?:{_any(_EAGER, lang)})[,.。!！~]*+\s*\n\s*"),
        _rule(LeakKind.PREAMBLE, rf"\A(?:{_any(_ANNOUNCEMENT, lang)})[:：]\s*\n\s*"),
        # A joke may announce one itself (Here's a joke: my salary); see ``enough``.
        _rule(LeakKind.PREAMBLE, rf"\A{announced}(?:[:：.!。！]*\s*\n\s*|[:：]\s*{enough})"),
        _rule(
            LeakKind.NUMBERED_ALTERNATIVES,
            rf"\A(?<cut>{first}){item}(?<cut>{second}[\s\S]{{15,}}+)",
        ),
        _rule(LeakKind.NUMBERED_ALTERNATIVES, rf"\A(?:{_any(_OPTION, lang)})\s?#?1\s?[:：.)]\s*"),
        _rule(LeakKind.MARKUP, rf"\A(?:(?:{label})\s?[:：]\s*)++"),
        _rule(
            LeakKind.MARKUP,
            r"\A(?:headline|titular|[标標][题題]|words?|palabras)\s?[:：][^\n]*+\n+\s*"
            rf"(?:{label})\s?[:：]\s*",
        ),
        _rule(LeakKind.MARKUP, r"\A(?<cut>set-?up:\s*)[\s\S]*?(?<cut>\bpunch ?line:\s*)"),
        _rule(
            LeakKind.EXPLANATION, rf"\s*\n\s*[(（*]*(?:{explanation}|{remark})\s?\**[:：][\s\S]*+"
        ),
        _rule(
            LeakKind.EXPLANATION,
            rf"\s*[(（\[](?:{explanation}|{remark})\s?[:：][^()（）\[\]]*+[)）\]]\Z",
        ),
        _rule(
            LeakKind.EXPLANATION,
            rf"{_AFTER_SENTENCE}(?:(?:{explanation})\s?[:：]|{_any(_COMMENT, lang)})[\s\S]*+",
        ),
        _rule(LeakKind.EXPLANATION, rf"\s*\n\s*(?:{_any(_GOODBYE, lang)})[^\n]*+\Z"),
        _rule(LeakKind.WORD_COUNT_NOTE, rf"\s*[(\[（【]\s?{counted}\s?[)\]）】]\Z"),
        _rule(
            LeakKind.WORD_COUNT_NOTE,
            rf"{_AFTER_SENTENCE}(?:{count})\s?[:：]\s?\d+\s?(?:{unit})?[.。]?\Z",
        ),
        *(_rule(LeakKind.WRAPPING_QUOTES, pattern) for pattern in _wrapped()),
    )


@cache
def verdicts(lang: Lang) -> tuple[Rule, ...]:
    """What cannot be cut: nothing, or no joke, would be left."""
    apology = _any(_APOLOGY, lang)
    cannot, serve = rf"(?:{_any(_CANNOT, lang)})", rf"(?:{_any(_SERVE, lang)})"
    return (
        _rule(
            LeakKind.REFUSAL,
            rf"\A\W*+(?:(?:{apology}){cannot}{serve}|(?:{apology})?{cannot}"
            rf"(?:{serve}|make\b|tell\b|contar|hacer|[讲講])(?:{_any(_TASK, lang)})"
            rf"|{_any(_MACHINE, lang)})",
        ),
        _rule(LeakKind.ERROR_TEXT, rf"\A\W*(?:{_WHOLE_ERROR})\W*\Z"),
        _rule(
            LeakKind.ERROR_TEXT,
            rf"\A\W*(?:(?:api|http|server|request) )?error\b.{{0,100}}?{_ERROR_CAUSE}",
        ),
        _rule(LeakKind.ERROR_TEXT, r"Traceback \(most recent call last\)|CUDA out of memory"),
        _rule(
            LeakKind.ERROR_TEXT,
            r"(?-i:\b(?:RateLimit|API\w{0,20}|Timeout|Connection|BadRequest|InternalServer)Error\b)",
        ),
        _rule(LeakKind.ERROR_TEXT, r"\A\{\s?[\"']error[\"']|\A<(?:!doctype )?html"),
        _rule(LeakKind.UNFILLED_BLANK, r"(?<![(|／\\¦＿_])_{5,}+(?![)|／\\¦＿])"),
    )


def _wrapped() -> tuple[str, ...]:
    """One pair of quotes around the whole text, which may hold further quotations."""
    nested = tuple(
        rf"\A(?<cut>{left})(?:[^{left}{right}]++|(?<inner>{left}(?:[^{left}{right}]++|(?&inner))*+{right}))*+"
        rf"(?<cut>{right})\Z"
        for left, right in ("“”", "«»", "「」", "『』", "‹›", "„“")
    )
    return (
        *nested,
        # Where both quotes look alike, an inner one opens after a space and closes before one.
        r"\A(?<cut>\")(?:[^\"]++|(?<=[\s(¿¡—:\"])\"(?=\S)[^\"]*+(?<=\S)\"(?!\w))*+(?<cut>\")\Z",
        r"\A(?<cut>＂)[^＂]*+(?<cut>＂)\Z",
        r"\A(?<cut>`{1,2}+)[^`]*+(?<cut>`{1,2}+|'')\Z",
        # An apostrophe between letters closes nothing; 'Tis opens nothing.
        r"\A(?<cut>')(?!(?:tis|twas|til|cause|em|n)\b)(?:[^']++|(?<=\w)'(?=\w))*+(?<cut>')\Z",
        r"\A(?<cut>‘)(?:[^‘’]++|(?<=\w)’(?=\w))*+(?<cut>’)\Z",
    )


def _any(table: _Words, lang: Lang) -> str:
    return "|".join(table[each] for each in sorted({Lang.EN, lang}))


def _rule(kind: LeakKind, pattern: str, *, spacer: bool = False) -> Rule:
    return Rule(kind, regex.compile(pattern, regex.IGNORECASE | regex.VERSION1), spacer)
