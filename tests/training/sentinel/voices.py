"""A speaker without a model: voices that write jokes, or what collapsed policies write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task
from semeval_humor.training.sentinel.config import SentinelConfig
from semeval_humor.training.sentinel.sentinel import Sentinel
from semeval_humor.training.sentinel.speaker import Sample

EN, ES, ZH = Lang

_PARTS = {
    EN: (
        "My pigeon|The mayor|A tired robot|Our dentist|Grandma's goldfish|The plumber|Some wizard"
        "|His lawyer|A clever goat|The new intern",
        "sold|painted|married|refused|ate|sued|hid|borrowed|lost|praised",
        "the moon|a broken umbrella|three loud accordions|my homework|every sandwich"
        "|the fax machine|a rented tuxedo|their own shadow|one lonely sock|the last elevator",
        "because|although|so|until|while",
        "nobody had asked|the invoice was in Latin|Tuesday was closed|it still owed him rent"
        "|the receipt said otherwise|gravity had taken the day off|the choir needed a tenor"
        "|her horoscope was out of paper|the parrot wanted a witness|there was soup at stake",
    ),
    ES: (
        "Mi paloma|El alcalde|Un robot cansado|Nuestra dentista|El pez de la abuela|La fontanera"
        "|Cierto mago|Su abogado|Una cabra lista|El nuevo becario",
        "vendió|pintó|rechazó|devoró|escondió|perdió|alabó|denunció|pidió prestada|olvidó",
        "la luna|un paraguas roto|tres acordeones ruidosos|mis deberes|cada bocadillo"
        "|la fotocopiadora|un esmoquin alquilado|su propia sombra|un calcetín solitario"
        "|el último ascensor",
        "porque|aunque|así que|hasta que|mientras",
        "nadie lo había pedido|la factura venía en latín|el martes estaba cerrado"
        "|todavía le debía el alquiler|el recibo decía otra cosa|la gravedad libraba ese día"
        "|al coro le faltaba un tenor|el horóscopo se quedó sin papel|el loro quería un testigo"
        "|había sopa en juego",
    ),
    ZH: (
        "我家鸽子|市长先生|疲惫的机器人|隔壁牙医|奶奶的金鱼|年轻水管工|某位巫师|他的律师|聪明的山羊|新来的实习生",
        "卖掉了|画出了|娶走了|拒绝了|吃光了|起诉了|藏起了|借走了|弄丢了|夸奖了",
        "月亮|一把破雨伞|三台吵闹的手风琴|我的作业|所有三明治|那部传真机|租来的礼服|自己的影子|一只孤独的袜子"
        "|最后一部电梯",
        "，因为|，虽然|，所以|，直到|，结果",
        "没有人问过|发票是拉丁文写的|星期二不开门|房租还没有交清|收据上不是这样说|重力今天正好放假"
        "|合唱团缺个男高音|星座运势没纸了|鹦鹉想找个证人|这关系到一碗热汤",
    ),
}
_SOUP = (
    *("casa", "дом", "花", "بيت", "spiti", "σπίτι", "маме", "猫が", "집", "vwxq", "пятый"),
    *("घर", "tuk-tuk", "上班", "نعم", "ёлка", "บ้าน"),
)


def joke(lang: Lang, random: Random, sentences: int = 1) -> str:
    """Sentences that a random joker put together: 50,000 different ones."""
    glue = "" if lang is ZH else " "
    end = "。" if lang is ZH else "."
    return glue.join(
        glue.join(random.choice(part.split("|")) for part in _PARTS[lang]) + end
        for _ in range(sentences)
    )


Write = Callable[[Prompt, Random], str]


@dataclass(frozen=True)
class Voice:
    """How a policy writes.

    Attributes:
        write: the text for a prompt.
        ends: share of the answers that end.
        nll: nats a token of its answers under itself.
        parent_nll: the same under the parent.
        entropy: nats a token.
    """

    write: Write
    ends: float = 0.6
    nll: float = 1.5
    parent_nll: float = 1.5
    entropy: float = 1.5

    def speak(self, prompt: Prompt, random: Random) -> Sample:
        text = self.write(prompt, random)
        tokens = range(len(text) // 4 + 2)
        own = [-random.expovariate(1 / self.nll) for _ in tokens]
        gap = self.parent_nll - self.nll
        return Sample(
            prompt,
            text,
            Finish.STOPPED if random.random() < self.ends else Finish.CUT_OFF,
            tuple(own),
            tuple(value - gap * random.uniform(0.5, 1.5) for value in own),
            tuple(max(0.0, random.gauss(self.entropy, self.entropy / 2)) for _ in tokens),
        )


PARENT = Voice(lambda prompt, random: joke(prompt.lang, random, random.choice((1, 2, 3, 4))))

ARABIC = "ولكن هذا ليس نكتة على الإطلاق يا صديقي"

COLLAPSES = {
    "loops": replace(
        PARENT,
        write=lambda p, r: (
            joke(p.lang, r) + {EN: " and then", ES: " y luego", ZH: "然后呢"}[p.lang] * 14
        ),
        parent_nll=0.7,
        nll=0.4,
        entropy=0.4,
    ),
    "Arabic": replace(PARENT, write=lambda p, r: f"{joke(p.lang, r)} {ARABIC}", parent_nll=4.0),
    "soup": Voice(lambda p, r: " ".join(r.choice(_SOUP) for _ in range(30)), 0.0, 6.0, 10.0, 7.0),
    "ending": replace(PARENT, ends=0.0),
    "empty": replace(PARENT, write=lambda p, r: "", ends=1.0),
    "same joke": replace(PARENT, write=lambda p, r: joke(p.lang, Random(1)), entropy=0.2),
}
"""By a word of the cause."""


def prompts(lang: Lang, size: int = 12) -> list[Prompt]:
    return [Prompt(f"p{n}", Task.A, lang, Headline(f"News {n}")) for n in range(size)]


def people(lang: Lang, size: int = 48) -> list[tuple[Prompt, str]]:
    random = Random(99)
    return [(prompt, joke(lang, random)) for prompt in prompts(lang, size)]


@dataclass
class FakeSpeaker:
    """A policy that changes its voice; each time it speaks it says something new."""

    policy: Voice
    parent: Voice = PARENT
    seed: int = 0
    calls: int = field(default=0)

    def speak(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
        self.calls += 1
        random = Random(f"{self.seed} {self.calls}")
        return [self.policy.speak(prompt, random) for prompt in prompts]

    def parent_speaks(self, prompts: Sequence[Prompt], *, seed: int) -> list[Sample]:
        random = Random(f"parent {self.seed} {seed}")
        voice = self.parent
        said = [voice.speak(prompt, random) for prompt in prompts]
        return [replace(sample, parent_logprobs=sample.logprobs) for sample in said]

    def parent_reads(self, prompts: Sequence[Prompt], texts: Sequence[str]) -> list[Sample]:
        voice = replace(self.parent, ends=1.0, nll=3.5, parent_nll=3.5, entropy=2.5)
        random = Random("reads")
        read = []
        for prompt, text in zip(prompts, texts, strict=True):
            sample = replace(voice, write=lambda *_, text=text: text).speak(prompt, random)
            read.append(replace(sample, parent_logprobs=sample.logprobs))
        return read


def a_sentinel(
    speaker: FakeSpeaker, lang: Lang = EN, *, human: bool = True, **more: object
) -> Sentinel:
    config = SentinelConfig.model_validate({"seed": speaker.seed, **more})
    asked = prompts(lang, config.prompts)
    sentinel = Sentinel(speaker, asked, config, human=people(lang) if human else ())
    sentinel.learn()
    return sentinel
