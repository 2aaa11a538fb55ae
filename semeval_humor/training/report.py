"""The page of a training: curves with what is healthy, alarms, and what the policy wrote."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from semeval_humor.files import atomic_writer
from semeval_humor.html.charts import CHART_CSS, Band, Mark, Series, charts, line_chart
from semeval_humor.html.page import (
    Cell,
    Html,
    escaped,
    folded,
    heading,
    page,
    paragraph,
    quoted,
    table,
)
from semeval_humor.rewards.trl import METRIC
from semeval_humor.training.recorder import Curve, Progress, Told, read_progress, read_samples
from semeval_humor.training.sentinel.alarm import Alarm
from semeval_humor.training.sentinel.limits import Limit
from semeval_humor.training.sentinel.signals import Signal

REPORT = "report.html"

_LOGGED = {
    "loss": "Loss",
    "eval_loss": "Loss of the dev rows",
    "reward": "Reward",
    "kl": "KL to the parent, nats a token",
    "entropy": "Entropy, nats a token",
    "grad_norm": "Norm of the gradient",
    "learning_rate": "Learning rate",
    "completions/mean_length": "Tokens of an answer",
    "completions/clipped_ratio": "Share of answers cut off",
    "frac_reward_zero_std": "Share of prompts without differences",
}
"""What is shown of the trainer's log, in this order; the rest is in ``metrics.jsonl``."""

_HEARD = {
    Signal.REWARD: "Reward",
    Signal.HELD_OUT: "Held-out reward",
    Signal.KL: "KL to the parent, nats a token",
    Signal.ENTROPY: "Entropy, nats a token",
    Signal.PARENT_NLL: "How unlikely to the parent, nats a token",
    Signal.PURITY: "Letters in the own script",
    Signal.FOREIGN: "Answers with foreign letters",
    Signal.LOOPS: "Answers that go in circles",
    Signal.REPETITION: "Repeated 4-grams in an answer",
    Signal.DISTINCT: "Different 2-grams of all answers",
    Signal.TWINS: "Answers like another one",
    Signal.LENGTH: "Words (characters) of an answer",
    Signal.CUT_OFF: "Answers cut off",
    Signal.EMPTY: "Empty answers",
    Signal.HACKING: "Reward and held-out reward apart, spreads",
    Signal.EQUAL_GROUPS: "Prompts without differences in reward",
}
"""What is shown of the sentinel's signals, in this order."""

_CURVES = 4
_MOST_POINTS = 400
_MOST_PROBES = 12


def write_report(folder: Path, title: str, verdict: str) -> Path:
    """Write the page of a training into its folder.

    Args:
        folder: of the run, with ``metrics.jsonl``, and ``samples.jsonl`` if there was a sentinel.
        title: of the page.
        verdict: what came of it, in a sentence: whether the weights have changed.

    Returns:
        The page.

    Raises:
        DataError: a file is missing or damaged.
        HumorError: the page cannot be written.
    """
    progress = read_progress(folder)
    samples = read_samples(folder) if progress.signals else []
    path = folder / REPORT
    with atomic_writer(path) as stream:
        stream.write(report(progress, samples, title, verdict))
    return path


def report(progress: Progress, samples: Sequence[Told], title: str, verdict: str) -> str:
    """The page itself; jokes are shown as text whatever they hold."""
    body = [paragraph(verdict), *curves(progress)]
    if progress.signals:
        body += [
            heading("Last values and limits"),
            _values(progress),
            heading("What the policy wrote"),
            *_written(samples, [alarm.step for alarm, _ in progress.alarms]),
        ]
    return page(title, body, css=CHART_CSS)


def curves(progress: Progress) -> list[Html]:
    """Alarms and curves of a training, without a word of what was written; needs ``CHART_CSS``."""
    marks = [Mark(alarm.step, "alarm") for alarm, _ in progress.alarms]
    body = [
        *(_alarmed(alarm, then) for alarm, then in progress.alarms),
        heading("What the trainer logged"),
        charts(_training(progress.logged, marks)),
    ]
    if progress.signals:
        body += [
            heading("What the sentinel heard"),
            paragraph(_explained(progress), "quiet"),
            charts([*_signals(progress, marks), *_components(progress.signals, marks)]),
        ]
    return body


def _alarmed(alarm: Alarm, then: str) -> Html:
    probes = " and ".join(map(str, alarm.probes))
    told = f"Told by the probe of step {probes}; answered with {then}."
    return paragraph(f"Alarm at step {alarm.step}: {alarm.cause}. {told}", "failed")


def _training(logged: Mapping[str, Curve], marks: Sequence[Mark]) -> Iterator[Html]:
    for name, title in _LOGGED.items():
        if _has_number(logged.get(name, [])):
            yield line_chart(title, [Series(name, _thinned(logged[name]))], marks=marks)


def _explained(progress: Progress) -> str:
    first, *others = progress.probe_seconds
    later = f", the others {math.fsum(others) / len(others):.1f} s each" if others else ""
    return (
        "The green band is healthy: where the parent's own samples lie, and the jokes that it "
        "learns from, with a margin. The probe of step 0 is the parent's. It and the learning of "
        f"the limits took {first:.1f} s{later}."
    )


def _signals(progress: Progress, marks: Sequence[Mark]) -> Iterator[Html]:
    for name, title in _HEARD.items():
        curve = progress.signals.get(name, [])
        if _has_number(curve):
            limit = progress.limits.get(name)
            yield line_chart(
                title,
                [Series(name, curve)],
                band=_band(limit),
                note=_range(limit),
                marks=marks,
            )


def _components(signals: Mapping[str, Curve], marks: Sequence[Mark]) -> Iterator[Html]:
    names = [name for name, curve in signals.items() if name.startswith(METRIC)]
    names = [name for name in names if _has_number(signals[name])]
    groups = [names[start : start + _CURVES] for start in range(0, len(names), _CURVES)]
    for number, group in enumerate(groups, start=1):
        yield line_chart(
            "Components of the reward" + (f" ({number} of {len(groups)})" if groups[1:] else ""),
            [Series(name.removeprefix(METRIC), signals[name]) for name in group],
            marks=marks,
        )


def _values(progress: Progress) -> Html:
    rows: list[list[str | Cell]] = []
    for name, curve in progress.signals.items():
        limit = progress.limits.get(name, Limit())
        first, last = curve[0][1], curve[-1][1]
        kind = "number failed" if limit.breach(last) else "number"
        rows.append(
            [
                name,
                _number(first),
                Cell(escaped(_number(last)), kind),
                _bound(limit.low),
                _bound(limit.high),
            ]
        )
    return table(("signal", "first", "last", "healthy from", "to"), rows, numbers=1)


def _written(samples: Sequence[Told], alarms: Sequence[int]) -> Iterator[Html]:
    probes = [(step, list(group)) for step, group in groupby(samples, key=lambda told: told.step)]
    shown = _spread([step for step, _ in probes], alarms)
    for step, told in probes:
        if step not in shown:
            continue
        who = "the parent" if step == 0 else f"step {step}"
        yield folded(f"{who}: {len(told)} answers", _answers(told))
    if len(shown) < len(probes):
        left = len(probes) - len(shown)
        yield paragraph(f"{left} more probes are in samples.jsonl.", "quiet")


def _answers(told: Iterable[Told]) -> Html:
    rows: list[list[str | Cell]] = [
        [
            each.id,
            Cell(quoted(each.asked, each.lang, longest=120), "words"),
            Cell(quoted(each.text, each.lang, longest=600), "words"),
            each.finish,
            "–" if each.reward is None else f"{each.reward:.3f}",
        ]
        for each in told
    ]
    return table(("prompt", "asked", "answer", "end", "reward"), rows, numbers=4)


def _spread(steps: Sequence[int], alarms: Sequence[int]) -> set[int]:
    """Steps of the probes to show: first, last, some between, and of alarms the one before too."""
    if len(steps) <= _MOST_PROBES:
        return set(steps)
    told = {place for place, step in enumerate(steps) if step in alarms}
    chosen = told | {max(0, place - 1) for place in told}
    even = (len(steps) - 1) / (_MOST_PROBES - 1)
    chosen |= {round(even * place) for place in range(_MOST_PROBES)}
    return {steps[place] for place in chosen}


def _thinned(curve: Curve) -> Curve:
    """At most a few hundred points: means of neighbours. What is no number stays one."""
    size = math.ceil(len(curve) / _MOST_POINTS)
    if size == 1:
        return curve
    groups = (curve[start : start + size] for start in range(0, len(curve), size))
    return [(group[-1][0], math.fsum(y for _, y in group) / len(group)) for group in groups]


def _has_number(curve: Curve) -> bool:
    return any(math.isfinite(y) for _, y in curve)


def _band(limit: Limit | None) -> Band | None:
    if limit is None or (math.isinf(limit.low) and math.isinf(limit.high)):
        return None
    low, high = (None if math.isinf(end) else end for end in (limit.low, limit.high))
    return Band(low, high)


def _range(limit: Limit | None) -> str:
    if _band(limit) is None or limit is None:
        return ""
    if math.isinf(limit.low):
        return f"healthy: at most {limit.high:.3g}"
    if math.isinf(limit.high):
        return f"healthy: at least {limit.low:.3g}"
    return f"healthy: {limit.low:.3g} to {limit.high:.3g}"


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "no number"


def _bound(limit: float) -> str:
    return "–" if math.isinf(limit) else f"{limit:.3f}"
