"""The page of advantages, and what a terminal shows of it."""

import json
import math
from pathlib import Path

import pytest
import rich.console

from semeval_humor.cli import train_ppo
from semeval_humor.errors import DataError
from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task, WordPair
from semeval_humor.training.ppo.heatmap import (
    CREDIT,
    CREDIT_PAGE,
    MOST,
    NOTHING,
    heats,
    read_heats,
    shown_tokens,
    write_heats,
)
from semeval_humor.training.ppo.rollout import Asked, Rollout
from tests.training.ppo.test_credit import PROMPT, rollout, spelt

PIECES = (b"<b>the", b" cat", "猫".encode()[:1], "猫".encode()[1:], b"\n\x07")


def samples(size: int = 1) -> tuple[list[Rollout], object]:
    tokenizer, ids = spelt(*PIECES)
    return [rollout(tokenizer, ids, stopped=True)] * size, tokenizer


def test_what_is_shown_of_tokens() -> None:
    [one], tokenizer = samples()
    assert shown_tokens(one, tokenizer) == ("<b>the", " cat", "猫", NOTHING, "⏎⟨U+0007⟩", "∎")
    tokens, ids = spelt(b"so")
    assert shown_tokens(rollout(tokens, ids, stopped=False), tokens) == ("so",)


def test_a_page_of_both_credits(tmp_path: Path) -> None:
    rollouts, tokenizer = samples(2)
    sequence = [[0.0] * 5 + [2.0, 99.0], [-1.0] * 6]  # the last of seven is padding
    offsets = [[0.5, -4.0, 0.0, 0.25, math.nan, 1.0, 99.0], [0.0] * 6]
    found = heats(rollouts, (0.25, 0.75), tokenizer, sequence, offsets)
    assert [heat.reward for heat in found] == [0.75, 0.25]
    assert {heat.largest for heat in found} == {4.0}
    assert found[1].sequence == (0.0, 0.0, 0.0, 0.0, 0.0, 2.0)
    assert [found[1].share(value) for value in (-4.0, 2.0, math.nan)] == [-1.0, 0.5, 0.0]

    write_heats(tmp_path, found)
    assert repr(read_heats(tmp_path)) == repr(found)  # NaN is not equal to itself
    page = (tmp_path / CREDIT_PAGE).read_text(encoding="utf-8")
    assert page.count('class="heat"') == 4
    assert '<span class="down" title="-4.00" style="--share: 100%"> cat</span>' in page
    assert '<span class="up" title="+2.00" style="--share: 50%">∎</span>' in page
    assert "&lt;b&gt;the" in page
    assert "<b>the" not in page
    assert "full at 4.00" in page


def test_without_an_attribution_there_is_one_side(tmp_path: Path) -> None:
    rollouts, tokenizer = samples()
    found = heats(rollouts, (0.0,), tokenizer, [[0.0] * 6], None)
    assert [name for name, _ in found[0].sides] == ["sequence"]
    assert found[0].share(0.0) == 0.0  # nothing is relative to nothing
    write_heats(tmp_path, found)
    assert read_heats(tmp_path) == found


def test_the_best_the_worst_and_some_between() -> None:
    rollouts, tokenizer = samples(15)
    rewards = [float(place * 7 % 15) for place in range(15)]
    found = heats(rollouts, rewards, tokenizer, [[1.0] * 6] * 15, None)
    assert [heat.reward for heat in found] == [14, 12, 10, 8, 6, 4, 2, 0]
    assert len(found) == MOST


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt("es-1", Task.A, Lang.ES, WordPair("gato", "pagar")),
        Prompt("zh-1", Task.A, Lang.ZH, Headline("gato + pagar")),
    ],
)
def test_what_was_asked(prompt: Prompt) -> None:
    tokenizer, _ = spelt(b"so")
    one = Rollout(Asked(prompt, (1,)), (0,), "so", Finish.CUT_OFF)
    [heat] = heats([one], (1.0,), tokenizer, [[1.0]], None)
    assert (heat.id, heat.lang, heat.asked) == (prompt.id, prompt.lang, "gato + pagar")


@pytest.mark.parametrize("content", ["{}", '{"samples": [{"sequence": []}]}', '{"samples": [1]}'])
def test_a_file_that_is_damaged(tmp_path: Path, content: str) -> None:
    (tmp_path / CREDIT).write_text(content)
    with pytest.raises(DataError, match=r"credit.json: not what train ppo wrote"):
        read_heats(tmp_path)
    assert json.loads(content) is not None


def test_in_a_terminal() -> None:
    rollouts, tokenizer = samples()
    [heat] = heats(rollouts, (0.5,), tokenizer, [[0.0] * 5 + [2.0]], [[-2.0] + [1.0] * 5])
    text = train_ppo.painted(heat)
    lines = text.plain.splitlines()
    assert lines[0] == f"{PROMPT.id}, reward 0.500"
    assert lines[1] == f" sequence <b>the cat猫{NOTHING}⏎⟨U+0007⟩∎"
    assert lines[2].startswith("  offsets <b>the cat")
    styles = {str(span.style) for span in text.spans}
    assert "not bold white on rgb(40,110,230)" in styles  # the largest
    assert "not bold white on rgb(200,90,10)" in styles  # the smallest
    assert "not bold white on rgb(50,50,50)" in styles  # none
    assert "not bold white on rgb(45,80,140)" in styles  # half: 50 + (110 - 50) / 2
    console = rich.console.Console(force_terminal=True, color_system="truecolor", width=200)
    with console.capture() as capture:
        console.print(text)
    assert "\x1b[" in capture.get()
