"""Systems with jokes for a few prompts, and judges that are known in advance."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from semeval_humor.bench.judging import Lost, Question
from semeval_humor.bench.schedule import Battle
from semeval_humor.schema import Headline, Lang, Prompt, Task, Winner
from semeval_humor.submission.entries import Entry
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.references import Reference
from semeval_humor.submission.validate import Checked

HEADLINES = {
    Lang.EN: "Town hall clock stops for a third day",
    Lang.ES: "El reloj del ayuntamiento lleva tres días parado",
    Lang.ZH: "市政厅的钟已经停了三天",
}
JOKES = {
    Lang.EN: ("The clock is right twice a day, which beats the mayor.", "Time is a flat tyre."),
    Lang.ES: ("El reloj acierta dos veces al día; el alcalde, ninguna.", "El tiempo va sin prisa."),
    Lang.ZH: ("钟每天还准两次，市长一次也没有。", "时间也请了病假。"),
}


def prompt(lang: Lang = Lang.EN, number: int = 1) -> Prompt:
    return Prompt(f"{lang}_{number:04}", Task.A, lang, Headline(f"{HEADLINES[lang]} ({number})"))


def battle(left: str, right: str, lang: Lang = Lang.EN) -> Battle:
    return Battle(prompt(lang), "ours", "theirs", left, right)


def question(lang: Lang = Lang.EN) -> Question:
    return Question(prompt(lang), *JOKES[lang])


def entry(
    system: str, texts: Mapping[str, str], prompts: Sequence[Prompt], lang: Lang = Lang.EN
) -> Entry:
    kind = Kind(Task.A, lang)
    known = {each.id: each for each in prompts}
    file = f"{system}/{kind.file_name}"
    checked = Checked(file, "0" * 64, kind, (), Reference("a test", tuple(known), known))
    return Entry(system, kind, texts, checked, ())


def system(name: str, rows: int, lang: Lang = Lang.EN) -> Entry:
    """A system with a joke of its own for each of the first prompts."""
    prompts = [prompt(lang, number) for number in range(rows)]
    return entry(name, {each.id: f"{name} on {each.id}" for each in prompts}, prompts, lang)


class FakeJudge:
    """Says what a function says, backwards, and remembers what it was asked."""

    def __init__(self, says: Callable[[Question], Winner | Lost]) -> None:
        self.says = says
        self.asked: list[Question] = []

    def __call__(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Winner | Lost]]:
        for each in reversed(questions):
            self.asked.append(each)
            yield each, self.says(each)


def longer(question: Question) -> Winner:
    """Prefers the longer joke, whichever is shown first."""
    difference = len(question.first) - len(question.second)
    return Winner.TIE if not difference else Winner.LEFT if difference > 0 else Winner.RIGHT


def always_first(question: Question) -> Winner:
    return Winner.LEFT
