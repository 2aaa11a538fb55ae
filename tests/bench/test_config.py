"""Benchmark configs: what is wrong is named in one line."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.bench.config import BenchConfig
from semeval_humor.configs import checked, read_toml
from semeval_humor.errors import ConfigError

SYSTEMS = {"ours": "submissions/ours", "los nuestros": "b.zip", "我们": "c/task-a-zh.tsv"}
LEAST: dict[str, Any] = {"name": "dev", "systems": SYSTEMS}
JUDGE = {"name": "qwen", "model": "Qwen/Qwen3-4B"}


def test_little_is_needed_and_the_order_of_systems_is_kept() -> None:
    config = checked(BenchConfig, LEAST, "dev.toml")
    assert list(config.systems) == list(SYSTEMS)
    assert config.systems["ours"] == Path("submissions/ours")
    assert config.results == Path("benchmarks/results.jsonl")
    assert config.judge_folder("qwen") == Path("benchmarks/dev/qwen")
    elsewhere = checked(BenchConfig, {**LEAST, "folder": "~/judges"}, "dev.toml")
    assert elsewhere.judge_folder("qwen") == Path.home() / "judges/qwen"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"systms": {}}, "systms: no such key, did you mean systems?"),
        ({"systems": {}}, "systems: Dictionary should have at least 1 item"),
        ({"name": "../dev"}, "name: String should match pattern"),
        ({"bootstraps": 1}, "bootstraps: Input should be greater than or equal to 2"),
        ({"baseline": "theirs"}, "baseline 'theirs' is none of the systems: ours, los"),
        ({"official": {"task-b1.tsv": "x"}}, "'task-b1.tsv' is no task file, expected one of task"),
        ({"judges": [JUDGE, JUDGE]}, "two judges are called 'qwen'"),
        ({"judges": [{**JUDGE, "name": "people"}]}, "a judge cannot be called 'people'"),
        ({"judges": [{**JUDGE, "name": "official"}]}, "a judge cannot be called 'official'"),
        ({"judges": [{"name": "qwen"}]}, "judges.0: who judges? give a model"),
    ],
)
def test_faults_are_told_in_one_line(change: dict[str, Any], fault: str) -> None:
    with pytest.raises(ConfigError) as failure:
        checked(BenchConfig, {**LEAST, **change}, "dev.toml")
    assert fault in str(failure.value)
    assert "\n" not in str(failure.value)


def test_the_example_is_a_config() -> None:
    path = Path(__file__).parents[2] / "configs/bench/dev.toml"
    config = checked(BenchConfig, read_toml(path), str(path))
    assert config.baseline in config.systems
    # What stands there as a comment is right as well.
    text = re.sub(r"(?m)^# (?=\[|[\w-]+ = )", "", path.read_text(encoding="utf-8"))
    full = checked(BenchConfig, tomllib.loads(text), str(path))
    assert [judge.name for judge in full.judges] == ["qwen3-4b", "guarded"]
    assert list(full.official) == ["task-a-en"]


def test_the_guide_shows_a_config() -> None:
    guide = Path(__file__).parents[2] / "docs/judging.md"
    [block] = re.findall(r"(?ms)^```toml\n(.*?)^```", guide.read_text(encoding="utf-8"))
    config = checked(BenchConfig, tomllib.loads(block), str(guide))
    assert config.baseline in config.systems
    assert [judge.name for judge in config.judges] == ["guarded"]
