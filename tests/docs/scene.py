"""A folder in which the names exist that the documents use, made when a command asks for them."""

import itertools
import re
import shutil
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from semeval_humor.arena.contest import contest
from semeval_humor.arena.exchange import add_votes
from semeval_humor.arena.store import Store
from semeval_humor.bench.config import BenchConfig
from semeval_humor.cli.main import main
from semeval_humor.configs import checked, read_toml
from semeval_humor.inference.config import PredictConfig
from semeval_humor.inference.predict import predict
from semeval_humor.inputs import read_inputs
from semeval_humor.schema import Lang, Request, Task, Vote, Winner
from semeval_humor.tsv import read_prompts
from semeval_humor.votes import write_votes
from tests.data import corpora_at_hand
from tests.diff import stored
from tests.docs.consoles import LINES, ROOT
from tests.docs.usage import name_of
from tests.inference.fake_engine import FakeEngine, Silent, plan_for
from tests.submission.folders import jokes, write_inputs

INPUTS = Path("dev")
VOTERS = ("ana", "bo")
ENDINGS = (".", "!", "?", "…")

_HANDED_IN = re.compile(r"\bsubmissions/([\w-]+)")
_NAMES = {name for line in LINES for name in _HANDED_IN.findall(line.text)}
SYSTEMS = sorted({"baseline", *_NAMES})
"""All systems that documents speak of."""


def prepare() -> None:
    """Fill the current folder with what every scene has."""
    for name in ("configs", "submissions/sample"):
        shutil.copytree(ROOT / name, name)
    corpora_at_hand.make(Path("cache"))  # what data fetch brings
    inputs(INPUTS)
    for name in {*SYSTEMS} - {"sample"}:
        submission(Path("submissions") / name)


def provide(context: click.Context) -> None:
    """Make what a command is given and finds nowhere."""
    command = name_of(context)
    for parameter, value in context.params.items():
        make = MAKERS.get((command, parameter)) or MAKERS.get(("*", parameter))
        value = value or DEFAULTS.get((command, parameter), ())
        for each in value if isinstance(value, tuple) else (value,):
            if make and "*" not in str(each) and not Path(each).exists():
                Path(each).parent.mkdir(parents=True, exist_ok=True)
                make(Path(each))
    if command in BENCHES:
        contestants(context)


def inputs(folder: Path) -> None:
    """The task's files."""
    for lang in Lang:
        write_inputs(folder, lang)


def submission(path: Path) -> None:
    """A folder of ``predict``, or its zip, or a file in it; its name decides how jokes end."""
    folder = {"": path, ".zip": path.with_suffix("")}.get(path.suffix, path.parent)
    place = folder.parts[0]
    assert place in ("submissions", "data") or place.isupper(), f"{path}: is it a submission?"
    texts = {joke.id: joke.text for lang in Lang for joke in jokes(lang)}
    ending = ENDINGS[zlib.crc32(folder.name.encode()) % len(ENDINGS)]

    def answer(request: Request) -> str:
        prompt_id, _, sample = request.key.split("/")
        text = texts[prompt_id].rstrip(".。") + ending
        return text if sample == "0" else " ".join([text] * 4)  # one is better than the others

    config = PredictConfig(input=INPUTS, out=folder, candidates=2, rounds=1)
    tasks = read_inputs(config.task, config.langs, config.input)
    list(predict(config, tasks, plan_for(FakeEngine(answer)), Silent()))
    if path.suffix == ".zip":
        assert main(["package", str(folder)]) == 0


def packed(name: Path) -> None:
    """What ``package`` is given: a folder, or its name in submissions/."""
    folder = name if len(name.parts) > 1 else "submissions" / name
    if not folder.exists():
        submission(folder)


def model(folder: Path) -> None:
    """Weights that no other name has."""
    value = zlib.crc32(str(folder).encode()) / 2**32
    stored.write(folder, {"model.layers.0.mlp.up_proj.weight": [[value, 1.0], [2.0, 3.0]]})


def votes_on() -> list[Vote]:
    """Everybody votes on everything; verdicts take turns, so that nobody is undefeated."""
    pairs = itertools.product(VOTERS, itertools.combinations(SYSTEMS, 2), jokes(Lang.EN))
    winners = itertools.cycle([Winner.LEFT, Winner.RIGHT, Winner.LEFT, Winner.TIE, Winner.RIGHT])
    return [
        Vote(joke.id, Lang.EN, left, right, winner, voter)
        for (voter, (left, right), joke), winner in zip(pairs, winners, strict=False)
    ]


def votes(path: Path) -> None:
    """A file of votes, as JSON Lines or as the organisers' table."""
    cast = votes_on()
    if path.suffix == ".csv":
        says = {Winner.LEFT: "a", Winner.RIGHT: "b", Winner.TIE: "t"}
        rows = [(v.prompt_id, v.left, v.right, v.voter, says[v.winner]) for v in cast]
        head = ("prompt_id", "system_id_a", "system_id_b", "session_id", "vote")
        path.write_text("\n".join(map(",".join, [head, *rows])), encoding="utf-8")
    else:
        write_votes(path, cast)


def voted(path: Path) -> None:
    """A votes file of ``arena serve``."""
    prompts = read_prompts(INPUTS / Task.A.file_name(Lang.EN), Task.A, Lang.EN)
    texts = {name: {each.id: f"{name}: {each.id}" for each in prompts} for name in SYSTEMS}
    with Store(path, new=True) as store:
        store.register(contest(prompts, texts))
        add_votes(store, votes_on())


def known(path: Path) -> None:
    """Jokes that are known already, one a line."""
    path.write_text("\n".join(joke.text for joke in jokes(Lang.EN)), encoding="utf-8")


def corpora(folder: Path) -> None:
    """What ``--from`` names."""
    corpora_at_hand.make(folder)


def built(path: Path) -> None:
    """What ``data build`` makes."""
    assert main(["data", "build", "--sample", "--out", str(path.parent)]) == 0


def benchmark(path: Path) -> None:
    """A config of a benchmark."""
    shutil.copy("configs/bench/dev.toml", path)


def contestants(context: click.Context) -> None:
    """What the config of a benchmark names; measured, where it is to be shown."""
    path = context.params["config"]
    config = checked(BenchConfig, read_toml(path), str(path))
    for folder in [config.inputs] if config.inputs else []:
        inputs(folder)
    for system in config.systems.values():
        if not system.exists():
            submission(system)
    if name_of(context) != "bench run" and not config.results.exists():
        assert main(["bench", "run", str(path)]) == 0


BENCHES = {"bench run", "bench table", "bench report"}
DEFAULTS = {("data label", "jokes"): "data/jokes.parquet"}
MAKERS: Mapping[tuple[str, str], Callable[[Path], None]] = {
    ("*", "inputs"): inputs,
    ("validate", "paths"): submission,
    ("score", "paths"): submission,
    ("score", "known"): known,
    ("select", "candidates"): submission,
    ("data preferences", "candidates"): submission,
    ("package", "names"): packed,
    ("diff", "base"): model,
    ("diff", "checkpoint"): model,
    ("bench rank", "submissions"): submission,
    ("bench rank", "votes"): votes,
    ("arena import", "files"): votes,
    ("arena import", "votes"): voted,
    ("arena export", "votes"): voted,
    ("data label", "jokes"): built,
    ("data build", "folder"): corpora,
    ("data fetch", "folder"): corpora,
    **{(command, "config"): benchmark for command in BENCHES},
}
"""What makes the value of a command's parameter."""
