"""Jokes for the tests of rewards, all of them ours."""

from random import Random

from semeval_humor.rewards.perturbations import simulated_headline
from semeval_humor.schema import Lang, Prompt, Task

JOKES = {
    Lang.EN: (
        "I asked my dentist for a discount. He said the best he could do was half a crown.",
        "My goldfish started a podcast. It has a new first episode every seven seconds.",
        "Why did the baker quit? He could not make enough dough to rise in the company.",
        "The invisible man turned down the job because he could not see himself doing it.",
        "My umbrella and I have an understanding: it stays at home whenever it rains.",
        "Our neighbor bought a robot lawn mower. Now two machines judge my garden.",
    ),
    Lang.ES: (
        "Mi abuela aprendió a usar el móvil. Ahora me llama para decirme que me está llamando.",
        "¿Qué hace un pez en la oficina? Nada, como todos los lunes por la mañana.",
        "Fui al gimnasio a buscar resultados, pero solo encontré a mi vecino durmiendo la siesta.",
        "—Doctor, veo elefantes azules. —¿Ha visto a un psicólogo? —No, solo elefantes azules.",
        "Mi reloj atrasa tanto que todavía me felicita por el año pasado.",
        "Compré un libro sobre la paciencia y lo devolví porque tardaba mucho en empezar.",
    ),
    Lang.ZH: (
        "我问镜子谁最帅，镜子沉默了三天，最后自己碎了。",
        "小王减肥成功了一半：他已经不去健身房了，只差不去饭店。",
        "老师问：谁能用“果然”造句？小明说：先吃水果，然后喝牛奶。",
        "医生让我多运动，于是我把遥控器放到了房间的另一头。",
        "闹钟每天早上叫我起床，我每天早上劝它冷静一点。",
        "我的钱包像洋葱，每次打开都让人忍不住流眼泪。",
    ),
}


def prompt(lang: Lang, joke: str) -> Prompt:
    """A headline row that a joke could answer."""
    headline = simulated_headline(joke, lang, Random(joke))
    assert headline is not None
    return Prompt(f"{lang}_1", Task.A, lang, headline)
