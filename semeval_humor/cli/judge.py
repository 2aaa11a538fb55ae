"""``judge``: votes by a language model or a reward, and a card that says what they are worth."""

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping, Sequence

    from semeval_humor.bench.judge_config import JudgeConfig
    from semeval_humor.bench.judging import Answers, Judged, Question, Verdict
    from semeval_humor.bench.schedule import Battle
    from semeval_humor.cli.console import Console
    from semeval_humor.cli.judge_seats import Seat
    from semeval_humor.rewards.human_votes import PairVote
    from semeval_humor.schema import FileRecord, Score
    from semeval_humor.submission.entries import Entry

EXAMPLES = """\b
Examples:
  semeval-humor judge submissions/ppo submissions/sft --model Qwen/Qwen3-8B --inputs data/dev
  semeval-humor judge submissions/* --reward configs/rewards/guarded.toml --people votes.json
"""


@click.command(epilog=EXAMPLES)
@click.argument(
    "submissions",
    metavar="SUBMISSION...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option("--model", metavar="NAME_OR_PATH", help="Language model that judges.")
@click.option(
    "--reward",
    metavar="REWARD.toml",
    type=click.Path(path_type=Path),
    help="Reward that judges, in place of a language model.",
)
@click.option(
    "--inputs",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder with the task's input files.  [default: those that receipts name]",
)
@click.option(
    "--schedule",
    type=click.Choice(["all-pairs", "baseline"]),
    help="Each system meets each other, or the baseline alone.  [default: all-pairs]",
)
@click.option("--baseline", metavar="NAME", help="System that is the baseline.")
@click.option(
    "--budget", type=int, help="Battles at most; a model is asked twice for each.  [default: 500]"
)
@click.option(
    "--people",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="JSON file of English pairs that people voted on, to measure agreement with them.",
)
@click.option("--people-budget", type=int, help="Pairs of that file at most.  [default: all]")
@click.option(
    "--engine",
    type=click.Choice(["auto", "vllm", "openai"]),
    help="Runs the model.  [default: auto]",
)
@click.option("--adapter", type=click.Path(path_type=Path), help="LoRA weights for the model.")
@click.option("--base-url", multiple=True, metavar="URL", help="Its server; repeatable.")
@click.option(
    "--accept-license", multiple=True, metavar="NAME", help="Licence whose terms you accept."
)
@click.option("--seed", type=int, help="Of prompts, sides and people's pairs.  [default: 0]")
@click.option("--name", help="What the judge is called.  [default: as the model or reward]")
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the results.  [default: judgements/NAME]",
)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="TOML file with any of these options.",
)
@click.option("--force", is_flag=True, help="Delete all answers, and start over.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def judge(
    submissions: tuple[Path, ...],
    config_file: Path | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Let a language model or a reward say which system's jokes are funnier.

    Systems are folders, zips or files of submissions. A model sees each two jokes in both orders,
    and a joke wins only if it is preferred in both; else it is a tie. Makes votes.jsonl for
    bench rank, and judge-card.md and .json, which say how often the judge contradicts itself,
    what it goes by, and whether people agree with it. All answers are kept in
    judge.answers.jsonl: what was answered once is not asked again, and a greater --budget goes on
    where a smaller one ended.
    """
    from semeval_humor.bench.judge_files import CARD_TO_READ, MADE, VOTES
    from semeval_humor.cli.console import Console
    from semeval_humor.cli.judge_console import show
    from semeval_humor.submission.entries import names_of, read_entries

    config, places = _settings(config_file, options)
    folder = Path(places.get("out") or Path("judgements") / config.name)
    if force:
        for name in MADE:
            (folder / name).unlink(missing_ok=True)
    inputs = Path(places["inputs"]) if "inputs" in places else None
    entries = read_entries(names_of(submissions), inputs)
    with Console() as console:
        judged = run_judge(config, entries, folder, places.get("baseline"), console)
    if as_json:
        click.echo(json.dumps({"votes": str(folder / VOTES), "card": judged.card}))
    else:
        show(judged.card)
        click.echo(f"{folder / VOTES} ({len(judged.votes)} votes), {folder / CARD_TO_READ}")


def run_judge(
    config: "JudgeConfig",
    entries: "Sequence[Entry]",
    folder: Path,
    baseline: str | None,
    console: "Console",
) -> "Judged":
    """Have battles between systems judged, and the judge compared with people.

    What the folder's answers say already is not asked again. Where none is missing, no model is
    started, and results that would be the same are not written again.

    Args:
        config: the judge.
        entries: what the systems have handed in.
        folder: of answers, votes, card and receipt.
        baseline: name of the system that is the baseline, if there is one.
        console: is told what happens.

    Raises:
        ConfigError: the judge does not know a language, the folder holds another judge's answers,
            or settings do not fit.
        DataError: there is nothing to judge, or a file cannot be read.
        EngineError: the judge failed; what it has answered is kept.
    """
    from semeval_humor.bench.judge_card import judge_card
    from semeval_humor.bench.judge_files import ANSWERS, Account, write_judged
    from semeval_humor.bench.judging import Answers, Judged, votes_of
    from semeval_humor.bench.schedule import battles, possible
    from semeval_humor.cli.judge_seats import seat_of

    started = datetime.now(UTC)
    most = possible(entries, schedule=config.schedule, baseline=baseline)
    fights = battles(
        entries,
        schedule=config.schedule,
        baseline=baseline,
        budget=config.budget,
        seed=config.seed,
    )
    people = _people(config)
    pairs = [_as_battle(vote) for vote in people]
    seat = seat_of(config, {battle.prompt.lang for battle in (*fights, *pairs)}, console)
    with Answers(folder / ANSWERS, seat.identity, swaps=seat.swaps) as answers:
        asked = answers.questions([*fights, *pairs])
        missing = answers.missing([*fights, *pairs])
        unit = "requests (2 for each)" if seat.swaps else "comparisons"
        console.note(
            f"{len(fights)} of {most} possible battles, {len(pairs)} pairs that people voted on: "
            f"{len(asked)} {unit}, {len(asked) - len(missing)} of them answered before"
        )
        lost = _ask(seat, answers, missing, console)
        verdicts = [each for each in answers.verdicts(fights) if each]
        agreement = _agreement(people, answers.verdicts(pairs))
    card = judge_card(
        config.name,
        verdicts,
        asked=len(fights),
        possible=most,
        swaps=seat.swaps,
        people=agreement,
        no_people="none of their pairs has a verdict" if people else "no file of pairs was given",
    )
    judged = Judged(votes_of(verdicts, config.name), card)
    account = Account(
        config={**config.model_dump(mode="json"), "baseline": baseline},
        identity=dict(seat.identity),
        model=seat.model,
        engine=seat.engine,
        inputs=(*_records(config, entries), *seat.records),
        counts={"questions": len(asked), "asked": len(missing), "lost": dict(lost)},
        started=started,
    )
    if not write_judged(folder, judged, account) and not missing:
        console.note(f"{config.name}: everything was there, nothing was asked")
    return judged


def _ask(
    seat: "Seat", answers: "Answers", questions: "Sequence[Question]", console: "Console"
) -> "Counter[str]":
    from collections import Counter

    if not questions:
        return Counter()
    with seat.start(len(questions)) as judge:
        lost = answers.ask(questions, judge, console)
    console.finish_bar()
    for reason, count in lost.items():
        console.note(f"{count} answers lost: {reason}; run again to ask for them")
    return lost


def _people(config: "JudgeConfig") -> "list[PairVote]":
    """Votes of people in which one joke was preferred; at random if only some are wanted."""
    from semeval_humor.errors import DataError
    from semeval_humor.rewards.human_votes import read_human_votes

    if config.people is None:
        return []
    decisive = [vote for vote in read_human_votes(config.people) if vote.decisive]
    if not decisive:
        raise DataError(f"{config.people}: no vote with winner LEFT or RIGHT")
    random.Random(config.seed).shuffle(decisive)
    return decisive[: config.people_budget]


def _as_battle(vote: "PairVote") -> "Battle":
    """A pair that people voted on; its theme stands in the place of a headline."""
    from semeval_humor.bench.schedule import Battle
    from semeval_humor.schema import Headline, Lang, Prompt, Task

    prompt = Prompt("people", Task.A, Lang.EN, Headline(vote.theme))
    return Battle(prompt, "left", "right", vote.left, vote.right)


def _agreement(
    people: "Sequence[PairVote]", verdicts: "Sequence[Verdict | None]"
) -> "Score | None":
    from semeval_humor.rewards.human_votes import agreement_of_gaps
    from semeval_humor.schema import Winner

    gaps = {Winner.LEFT: 1.0, Winner.TIE: 0.0, Winner.RIGHT: -1.0}
    judged = [
        (vote, gaps[verdict.winner])
        for vote, verdict in zip(people, verdicts, strict=True)
        if verdict
    ]
    if not judged:
        return None
    votes, found = zip(*judged, strict=True)
    return agreement_of_gaps(found, votes, name="agreement with people")


def _records(config: "JudgeConfig", entries: "Sequence[Entry]") -> "Iterator[FileRecord]":
    from semeval_humor.files import sha256_of_file
    from semeval_humor.schema import FileRecord

    for entry in entries:
        yield FileRecord(entry.checked.file, entry.checked.sha256)
    if config.people is not None:
        yield FileRecord(str(config.people), sha256_of_file(config.people))


def _settings(
    config_file: Path | None, options: dict[str, Any]
) -> "tuple[JudgeConfig, dict[str, Any]]":
    """The judge, and what else the command is told: inputs, out and baseline."""
    from semeval_humor.bench.judge_config import JudgeConfig
    from semeval_humor.configs import checked, read_toml

    values = read_toml(config_file) if config_file else {}
    values |= {name: value for name, value in options.items() if value not in (None, ())}
    places: dict[str, Any] = {
        name: values.pop(name) for name in ("inputs", "out", "baseline") if name in values
    }
    values.setdefault("name", _name(values))
    return checked(JudgeConfig, values, str(config_file or "options")), places


def _name(values: "Mapping[str, Any]") -> str:
    """What a judge is called that was given no name."""
    if reward := values.get("reward"):
        return Path(reward).stem
    return Path(values.get("model", "judge")).name
