"""Pairs of our own and a tiny model, for trainings that take a moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semeval_humor.inference.chat import end_token, prompt_tokens
from semeval_humor.inference.loading import stop_tokens
from semeval_humor.schema import Lang
from semeval_humor.training.policy import Chat, Policy, load_policy
from semeval_humor.training.sft import SftConfig
from semeval_humor.training.source import find_source
from tests.tiny_model import save_model

CHAT = Chat(prompt_tokens, end_token, stop_tokens)

SHORT_PROMPTS = """
[en]
system = "Be funny."
headline = "{headline}? {angle}"
words = "{word1}, {word2}? {angle}"
angles = ["Short.", "Dry."]
base_headline = "{headline}:"
base_words = "{word1}, {word2}:"
examples = [{ joke = "The cat paid.", headline = "Bank robbed" }]

[es]
system = "Sé breve."
headline = "¿{headline}? {angle}"
words = "¿{word1}, {word2}? {angle}"
angles = ["Corto."]
base_headline = "{headline}:"
base_words = "{word1}, {word2}:"
examples = [{ joke = "El gato pagó.", headline = "Roban un banco" }]

[zh]
system = "要好笑。"
headline = "{headline}？{angle}"
words = "{word1}、{word2}？{angle}"
angles = ["短。"]
base_headline = "{headline}："
base_words = "{word1}、{word2}："
examples = [{ joke = "猫付了钱。", headline = "银行被抢" }]
"""

JOKES = {
    Lang.EN: ("resign", "mayor", "Mayor resigns", "The pigeon had more votes than the mayor."),
    Lang.ES: ("dimitir", "alcalde", "Dimite el alcalde", "La paloma tenía más votos."),
    Lang.ZH: ("辞职", "市长", "市长辞职", "鸽子的票比市长更多。"),
}


def pair(lang: Lang, number: int, **changes: Any) -> dict[str, Any]:
    word1, word2, headline, joke = JOKES[lang]
    words = number % 2 == 0
    return {
        "id": f"{lang}-{number}",
        "lang": str(lang),
        "word1": word1 if words else "",
        "word2": word2 if words else "",
        "headline": "" if words else headline,
        "joke": f"{joke} {number}",
        "split": "dev" if number % 10 == 9 else "train",
        **changes,
    }


def write_pairs(path: Path, records: Sequence[Mapping[str, Any]]) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([dict(r) for r in records]), path)
    return path


def some_pairs(path: Path, each: int = 10) -> Path:
    return write_pairs(path, [pair(lang, number) for number in range(each) for lang in Lang])


def settings(folder: Path, model: str, **changes: Any) -> SftConfig:
    """A config whose files lie in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    prompts = folder / "prompts.toml"
    prompts.write_text(SHORT_PROMPTS, encoding="utf-8")
    pairs = folder / "pairs.parquet"
    lora = {"rank": 4, "alpha": 8, "targets": ["q_proj", "v_proj", "down_proj"]}
    method = {} if changes.get("method") == "full" else {"lora": lora}
    return SftConfig.model_validate(
        {
            "model": model,
            "pairs": [pairs if pairs.exists() else some_pairs(pairs)],
            "prompts": prompts,
            "out": folder / "out",
            **method,
            "learning_rate": 1e-2,
            "steps": 6,
            "batch_size": 4,
            "max_length": 128,
            "sentinel": False,
            "threads": 1,
            **changes,
        }
    )


def write_config(
    folder: Path,
    more: str = "",
    *,
    name: str = "out",
    pairs: Path | None = None,
    steps: int = 4,
    model: str = "",
) -> Path:
    """The TOML config of a trainer whose files, and result ``name``, lie in a folder."""
    (folder / "prompts.toml").write_text(SHORT_PROMPTS, encoding="utf-8")
    path = folder / f"{name}.toml"
    path.write_text(
        f"""
model = "{model or save_model(folder / "tiny", context=256).path}"
pairs = ["{pairs or some_pairs(folder / "pairs.parquet")}"]
prompts = "{folder / "prompts.toml"}"
out = "{folder / name}"
steps = {steps}
learning_rate = 0.01
batch_size = 4
max_length = 128
threads = 1
{more}
[sentinel]
every = 2
prompts = 4
max_tokens = 8
rounds = 2
""",
        encoding="utf-8",
    )
    return path


def a_policy(config: SftConfig) -> Policy:
    import torch

    torch.set_num_threads(1)
    return load_policy(config, find_source(config), CHAT)


@dataclass
class Told:
    """A watch that remembers."""

    notes: list[str] = field(default_factory=list)
    steps: list[tuple[int, dict[str, float]]] = field(default_factory=list)
    dev: dict[int, float] = field(default_factory=dict)
    probes: list[int] = field(default_factory=list)
    alarms: list[tuple[int, str]] = field(default_factory=list)
    began: list[tuple[int, int]] = field(default_factory=list)

    def begins(self, step: int, steps: int) -> None:
        self.began.append((step, steps))

    def stepped(self, step: int, steps: int, logged: Mapping[str, float]) -> None:
        if "grad_norm" in logged:
            self.steps.append((step, dict(logged)))
        elif "eval_loss" in logged:
            self.dev[step] = logged["eval_loss"]

    def probed(self, sentinel: Any) -> None:
        self.probes.append(sentinel.history[-1].step)

    def alarmed(self, alarm: Any, then: str) -> None:
        self.alarms.append((alarm.step, then))

    def note(self, text: str) -> None:
        self.notes.append(text)

    @property
    def losses(self) -> list[float]:
        return [logged["loss"] for _, logged in self.steps]
