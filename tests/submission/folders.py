"""Submission folders for tests: jokes of our own with inputs and receipts beside them."""

from pathlib import Path

from semeval_humor.files import sha256_of_file
from semeval_humor.receipt import receipt_path, write_receipt
from semeval_humor.schema import FileRecord, Joke, Lang, Task
from semeval_humor.tsv import write_jokes
from tests.receipts import receipt_for

HEADLINES = {
    Lang.EN: [
        ("City opens a bridge for hedgehogs", "At last a crossing where nobody honks back."),
        ("Baker sells bread without a crust", "Our children call it retirement."),
        ("Choir rehearses on a night train", "Every station gets exactly one verse."),
        ("Museum loses its oldest map", "The guard is sure it was here somewhere."),
    ],
    Lang.ES: [
        ("La ciudad abre un puente para erizos", "Por fin un cruce donde nadie toca el claxon."),
        ("Un panadero vende pan sin corteza", "Mis hijos lo llaman justicia."),
        ("Un coro ensaya en el tren nocturno", "A cada estación le toca una sola estrofa."),
        ("El museo pierde su mapa más antiguo", "El guardia jura que estaba por aquí."),
    ],
    Lang.ZH: [
        ("市区为刺猬修建过街天桥", "终于有个路口没人按喇叭了。"),
        ("面包师推出无皮面包", "我家孩子说这叫伸张正义。"),
        ("合唱团在夜班火车上排练", "每到一站，正好只能唱完一句。"),
        ("博物馆丢失最古老的地图", "保安说它应该就在这附近。"),
    ],
}
WORDS = {
    Lang.EN: [
        ("paint", "ladder", "I paint so slowly that the ladder asked for rent."),
        ("count", "sheep", "I count sheep at night, and they have started to count on me."),
    ],
    Lang.ES: [
        ("pintar", "escalera", "Tardo tanto en pintar que la escalera me pide alquiler."),
        ("contar", "oveja", "Me puse a contar y cada oveja quería su propia historia."),
    ],
    Lang.ZH: [
        ("粉刷", "梯子", "我粉刷得太慢，连梯子都来找我收房租。"),
        ("清点", "绵羊", "我每晚清点绵羊，现在它们开始清点我了。"),
    ],
}


def write_inputs(folder: Path, lang: Lang) -> Path:
    """Write the task's input file and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["id\tword1\tword2\theadline"]
    for number, (headline, _) in enumerate(HEADLINES[lang], start=1):
        rows.append(f"{lang}_{number:04}\t-\t-\t{headline}")
    for number, (word1, word2, _) in enumerate(WORDS[lang], start=101):
        rows.append(f"{lang}_{number:04}\t{word1}\t{word2}\t-")
    (folder / f"task-a-{lang}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def jokes(lang: Lang) -> list[Joke]:
    """Return a good joke for each row."""
    texts = [joke for _, joke in HEADLINES[lang]]
    found = [Joke(f"{lang}_{number:04}", text) for number, text in enumerate(texts, start=1)]
    pairs = [joke for _, _, joke in WORDS[lang]]
    return found + [Joke(f"{lang}_{number:04}", text) for number, text in enumerate(pairs, 101)]


def write_submission(
    folder: Path, lang: Lang, inputs: Path, rows: list[Joke] | None = None
) -> Path:
    """Write a submission file with its receipt, and return its path."""
    path = folder / Task.A.file_name(lang)
    rows = jokes(lang) if rows is None else rows
    write_jokes(path, rows)
    source = inputs / path.name
    ids = tuple(joke.id for joke in jokes(lang))
    account = receipt_for(
        config={"task": "A", "lang": str(lang), "adapter": None, "seed": 7},
        inputs=(FileRecord(str(source.resolve()), sha256_of_file(source), ids),),
        outputs=(FileRecord(path.name, sha256_of_file(path), tuple(joke.id for joke in rows)),),
    )
    write_receipt(receipt_path(path), account)
    return path
