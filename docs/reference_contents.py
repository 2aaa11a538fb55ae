"""What the reference shows: tables of the settings that people write, names they may import."""

from collections.abc import Mapping

from semeval_humor.bench.config import BenchConfig
from semeval_humor.bench.judge_config import JudgeConfig
from semeval_humor.configs import Settings
from semeval_humor.data.label import LabelSettings
from semeval_humor.inference.config import EngineConfig, PredictConfig
from semeval_humor.lifecycle.stages import LifecycleConfig, StageConfig
from semeval_humor.prompts import Example, LanguagePrompts
from semeval_humor.rewards.components import Band
from semeval_humor.rewards.gates import Gate as RewardGate
from semeval_humor.rewards.profiles import Profile, Weights, WordWeights
from semeval_humor.rewards.reward import RewardFile
from semeval_humor.submission.gates import Gate as SubmissionGate
from semeval_humor.training.config import LoraSettings, PolicyConfig
from semeval_humor.training.dpo import DpoConfig
from semeval_humor.training.grpo import GrpoConfig
from semeval_humor.training.online_config import OnlineConfig, VllmSettings
from semeval_humor.training.ppo.config import PpoConfig
from semeval_humor.training.reward.config import RewardConfig
from semeval_humor.training.rloo import RlooConfig
from semeval_humor.training.sentinel.config import SentinelConfig, SetLimit
from semeval_humor.training.sft import SftConfig

SETTINGS: Mapping[type[Settings], tuple[str, str]] = {
    EngineConfig: ("The model that is run", "In the files of `predict` and `data label`."),
    PredictConfig: ("predict", "The file of `predict --config`."),
    LabelSettings: (
        "data label",
        "The file of `data label --config`. With everything of [The model that is run]"
        '(#the-model-that-is-run), where `engine = "rules"` needs no model.',
    ),
    LanguagePrompts: (
        "Prompts",
        "The file of `predict --prompts` and of `prompts = …`: a table for each language, `[en]`.",
    ),
    Example: ("Examples in prompts", "In a file of prompts: `[[en.examples]]`."),
    RewardConfig: ("train reward", "The file of `train reward --config`."),
    RewardFile: (
        "REWARD.toml",
        "The file that `redteam`, `judge --reward`, `--scorer` and `reward = …` take.",
    ),
    Profile: (
        "Profiles",
        "In REWARD.toml: `[overrides]`. Nothing is required there: what is left out stays as in\n"
        "[`profiles.toml`](../../semeval_humor/rewards/profiles.toml).",
    ),
    Weights: ("Weights on headlines", "In REWARD.toml: `[overrides.headline]`."),
    WordWeights: ("Weights on two words", "In REWARD.toml: `[overrides.words]`."),
    Band: ("Usual lengths", "In REWARD.toml: `[overrides.length]`."),
    RewardGate: ("Gates of a reward", "In REWARD.toml: `[overrides.gates.NAME]`."),
    PolicyConfig: (
        "Every training of a policy",
        "In the files of `train sft`, `dpo`, `grpo`, `rloo` and `ppo`; what their own tables say\n"
        "otherwise, holds.",
    ),
    LoraSettings: ("Low-rank matrices", "In the file of a training: `[lora]`."),
    SentinelConfig: ("The sentinel", "In the file of a training: `[sentinel]`."),
    SetLimit: ("Limits of the sentinel", "In the file of a training: `[sentinel.limits.NAME]`."),
    SftConfig: ("train sft", "The file of `train sft --config`."),
    DpoConfig: ("train dpo", "The file of `train dpo --config`."),
    OnlineConfig: ("Learning from comparisons", "In the files of `train grpo` and `train rloo`."),
    VllmSettings: (
        "Sampling with vLLM",
        "In the files of `train grpo` and `train rloo`: `[vllm]`.",
    ),
    GrpoConfig: ("train grpo", "The file of `train grpo --config`."),
    RlooConfig: ("train rloo", "The file of `train rloo --config`."),
    PpoConfig: ("train ppo", "The file of `train ppo --config`."),
    JudgeConfig: ("A judge", "The file of `judge --config`; in that of a benchmark: `[[judges]]`."),
    BenchConfig: (
        "A benchmark",
        "The file that `bench run`, `bench table` and `bench report` take.",
    ),
    SubmissionGate: (
        "gates.toml",
        "The file of `package --gates`: a table for each gate, `[NAME]`.",
    ),
    LifecycleConfig: ("A lifecycle", "The file that `lifecycle` takes."),
    StageConfig: ("Stages of a lifecycle", "In the file of a lifecycle: `[stages.NAME]`."),
}
"""Title and place of every table of settings."""

PYTHON: Mapping[str, Mapping[str, str]] = {
    "What the parts hand to each other": {"schema": "", "errors": "", "findings": ""},
    "Files": {
        "tsv": "",
        "inputs": "TaskInput read_input read_inputs",
        "receipt": "receipt_path write_receipt read_receipt",
        "votes": "",
        "configs": "read_toml checked",
    },
    "One text": {
        "text.tokens": "words characters tokenize ngrams",
        "text.words": "",
        "text.scripts": "",
        "text.language": "",
        "text.loops": "",
        "text.ending": "",
        "text.leaks": "",
        "text.length": "",
        "text.noise": "",
        "text.overlap": "",
    },
    "A set of texts": {
        "metrics.suite": "Sample Measured measure compare identical_share",
        "metrics.variety": (
            "distinct_n expectation_adjusted_distinct_n commonest_opening near_duplicates"
        ),
        "metrics.self_bleu": "self_bleu",
        "metrics.repetition": "rep_n loops tail_loops compression_ratio",
        "metrics.coverage": "",
        "metrics.overlap": "",
        "metrics.scripts": "script_purity foreign_rows han_mix",
        "metrics.language": "",
        "metrics.length": "",
        "metrics.perplexity": "PerplexityScores perplexity",
        "metrics.relevance": "RelevanceScores relevance",
        "metrics.known": "",
        "metrics.comparison": "",
    },
    "Submissions": {
        "submission.validate": "",
        "submission.scores": "Scored Comparison score_file compare_files",
        "submission.gates": "GateResult read_gates",
        "submission.package": "",
    },
    "Weights": {"diff": ""},
    "Votes and ratings": {"ratings": ""},
    "Models and inference": {
        "models": "Model resolve",
        "inference.engines": "EnginePlan plan_engine",
        "inference.sampling": "Watch",
        "inference.predict": "",
        "inference.results": "FileResult",
    },
    "Rewards": {
        "rewards.reward": "HumourClassifier Rewards Reward load_reward",
        "rewards.profiles": "Judgement read_profile",
        "rewards.trl": "trl_functions",
    },
    "Training": {
        "training.reward.train": "train",
        "training.sft": "train",
        "training.dpo": "train",
        "training.grpo": "train",
        "training.rloo": "train",
        "training.ppo.train": "train train_with",
        "training.train": "AlarmError train_policy",
        "training.online": "RewardError train_online",
        "training.eos": "EndNotTaughtError",
        "training.policy": "Chat",
        "training.watch": "Watch",
    },
}
"""Names that may be imported, by chapter and module; where none stand, all that are public."""
