"""The TOML files that the stages of a lifecycle name, checked before any of them is run."""

from pathlib import Path
from typing import TYPE_CHECKING

from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.errors import ConfigError

if TYPE_CHECKING:
    from semeval_humor.lifecycle.stages import Stage


def check_configs(stage: "Stage", where: str) -> None:
    """Refuse a stage that names a TOML file that is not there, or has a wrong setting.

    Args:
        stage: of the lifecycle.
        where: the file of the lifecycle, for messages.

    Raises:
        ConfigError: names file and setting.
    """
    kind = _settings(stage)
    for name in stage.arguments:
        if not name.endswith(".toml"):
            continue
        if not Path(name).is_file():
            raise ConfigError(f"{where}: stages.{stage.name}.run: {name}: no such file")
        if kind is not None:
            checked(kind, read_toml(Path(name)), name)


def _settings(stage: "Stage") -> type[Settings] | None:
    """What the TOML file of a command holds; None for a command that takes several."""
    from semeval_humor.bench.config import BenchConfig
    from semeval_humor.rewards.reward import RewardFile
    from semeval_humor.training.dpo import DpoConfig
    from semeval_humor.training.grpo import GrpoConfig
    from semeval_humor.training.ppo.config import PpoConfig
    from semeval_humor.training.reward.config import RewardConfig
    from semeval_humor.training.rloo import RlooConfig
    from semeval_humor.training.sft import SftConfig

    kinds: dict[tuple[str, ...], type[Settings]] = {
        ("train", "reward"): RewardConfig,
        ("train", "sft"): SftConfig,
        ("train", "dpo"): DpoConfig,
        ("train", "grpo"): GrpoConfig,
        ("train", "rloo"): RlooConfig,
        ("train", "ppo"): PpoConfig,
        ("bench", "run"): BenchConfig,
        ("bench", "table"): BenchConfig,
        ("bench", "report"): BenchConfig,
        ("redteam",): RewardFile,
    }
    return kinds.get(stage.arguments[:2]) or kinds.get(stage.arguments[:1])
