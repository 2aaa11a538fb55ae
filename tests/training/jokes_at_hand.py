"""A ``jokes.parquet`` of texts that are ours: riddles against notices, in three languages."""

from pathlib import Path
from random import Random

from semeval_humor.data.jokes import CorpusText, write_jokes
from semeval_humor.data.splits import Split
from semeval_humor.schema import Lang

_WHO = {
    Lang.EN: ["pigeon", "baker", "mayor", "robot", "dentist", "goldfish", "wizard", "plumber"],
    Lang.ES: ["paloma", "panadero", "alcalde", "robot", "dentista", "pez", "mago", "fontanero"],
    Lang.ZH: ["鸽子", "面包师", "市长", "机器人", "牙医", "金鱼", "巫师", "水管工"],
}
_JOKE = {
    Lang.EN: "Why did the {a} marry a {b}? Because nobody else laughed at number {n}!",
    Lang.ES: "¿Por qué se casó {a} con {b}? ¡Porque nadie más se rió del número {n}!",
    Lang.ZH: "为什么{a}跟{b}结婚？因为别人都不笑第{n}号！",
}
_NOTICE = {
    Lang.EN: "City council discusses {a} and {b} in report number {n} on Monday",
    Lang.ES: "El ayuntamiento trata de {a} y {b} en el informe número {n} del lunes",
    Lang.ZH: "市政府周一在第{n}号报告中讨论{a}和{b}",
}


def write(path: Path, *, each: int = 60) -> Path:
    """Jokes and notices of each language; the Chinese jokes are of two kinds, the notices of none.

    Of ten texts eight are to train on. Spanish jokes are rated by their number, even ones high.
    """
    random = Random(0)
    rows = []
    for lang in Lang:
        for number in range(each):
            a, b = random.sample(_WHO[lang], 2)
            split = {0: Split.DEV, 1: Split.TEST}.get(number % 10, Split.TRAIN)
            joke, notice = (
                template[lang].format(a=a, b=b, n=number) for template in (_JOKE, _NOTICE)
            )
            rating = (4.0 if number % 4 < 2 else 2.0) if lang is Lang.ES else None
            known = lang is not Lang.ZH
            source = f"{lang}-notices"
            rows += [
                CorpusText(
                    f"{source}-{number}a",
                    lang,
                    joke,
                    True if known else None,
                    rating,
                    "joke" if known else "human-written joke",
                    source,
                    split,
                    "ours",
                ),
                CorpusText(
                    f"{source}-{number}b",
                    lang,
                    notice if known else joke.replace("结婚", "成婚"),
                    False if known else None,
                    None,
                    "notice" if known else "machine-made joke",
                    source,
                    split,
                    "ours",
                ),
            ]
    write_jokes(path, rows)
    return path


def write_headlines(folder: Path, lang: Lang, count: int = 60) -> Path:
    """A task file of headlines."""
    path = folder / f"task-a-{lang}.tsv"
    lines = ["id\tword1\tword2\theadline"]
    for number in range(count):
        a, b = _WHO[lang][number % 8], _WHO[lang][(number // 8) % 8]
        text = _NOTICE[lang].format(a=a, b=b, n=1000 + number)
        lines.append(f"{lang}_{number:04}\t-\t-\t{text}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
