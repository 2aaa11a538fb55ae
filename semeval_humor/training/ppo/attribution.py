"""What each token of a humour classifier contributes to a text's reward.

The classifier takes the mean of its token states through a linear layer, so that its logit z,
divided by its temperature, is a sum: one contribution c of each token, and the layer's bias. The
special tokens' contributions and the bias belong to no part of the text; each of the n text tokens
gets an n-th of them. From then on, z = c_1 + … + c_n, exactly.

The reward is G · sigmoid(z) + R, where neither G (the humour's weight, times what gates and
coverage leave of it) nor R (other terms of ``summed``) is about single tokens. A classifier that
knew nothing would say z = 0, a half. What it says beyond that is shared out in proportion to the
contributions:

    token t earns  G · (sigmoid(z) − ½) · c_t / z

which are integrated gradients (Sundararajan et al. 2017, arXiv:1703.01365) on the way from 0 to z,
along which all tokens grow together. (sigmoid(z) − ½) / z lies in (0, ¼] and is ¼ at z = 0: a
token earns something negative exactly where its contribution is, and where the classifier is sure
it still earns its share, where a gradient at z would vanish. The rest, G / 2 + R, is the whole
text's; together they are the reward.

A contribution is that of the state above a token, which has seen the whole text: it says where the
classifier finds its evidence, not what would happen if the token were another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from semeval_humor.configs import checked, read_toml
from semeval_humor.rewards.classifier import CARD_FILE, Card
from semeval_humor.rewards.encoders import HUMOR, TransformersEncoder, batches, load_encoder
from semeval_humor.rewards.profiles import GATE, Profile
from semeval_humor.rewards.reward import Reward, RewardFile, Rewards
from semeval_humor.schema import Lang, Prompt, WordPair
from semeval_humor.training.ppo.credit import Piece
from semeval_humor.weights import read_json


@dataclass(frozen=True, slots=True)
class Contributions:
    """A logit as the sum of what the tokens of a text contribute.

    Attributes:
        logit: divided by the temperature.
        spans: of each text token in the text, in characters; empty for one that stands for none.
        values: of each text token; their sum is the logit. None for a text without tokens, whose
            logit is of special tokens alone.
    """

    logit: float
    spans: tuple[tuple[int, int], ...]
    values: tuple[float, ...]


class Reader:
    """A humour classifier's encoder, asked token by token.

    Args:
        encoder: with its head.
        temperature: logits are divided by it.
        max_length: tokens that are read of a text; what is cut off contributes nothing.
    """

    def __init__(self, encoder: TransformersEncoder, temperature: float, max_length: int) -> None:
        self._encoder = encoder
        self._temperature = temperature
        self._max_length = max_length

    def contributions(self, texts: Sequence[str]) -> list[Contributions]:
        """What each text's tokens contribute; identical texts are read once."""
        import torch

        different = list(dict.fromkeys(texts))
        encoded = self._encoder.tokenizer(
            different,
            truncation=True,
            max_length=self._max_length,
            split_special_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        ids: list[list[int]] = encoded["input_ids"]
        found: dict[str, Contributions] = {}
        bias = float(self._encoder.model["head"].bias[HUMOR].detach())
        self._encoder.model.eval()
        with torch.inference_mode():
            for rows in batches([len(each) for each in ids]):
                logits = self._token_logits([ids[row] for row in rows])
                for row, logits_T in zip(rows, logits, strict=True):
                    special_T = np.array(encoded["special_tokens_mask"][row], dtype=bool)
                    spans = zip(encoded["offset_mapping"][row], special_T, strict=True)
                    found[different[row]] = Contributions(
                        float(logits_T.mean() + bias) / self._temperature,
                        tuple(span for span, special in spans if not special),
                        tuple((shared_out(logits_T, special_T, bias) / self._temperature).tolist()),
                    )
        return [found[text] for text in texts]

    def _token_logits(self, tokens: list[list[int]]) -> list[NDArray[np.float64]]:
        """What the head makes of each token's state, without the bias."""
        import torch

        head = self._encoder.model["head"]
        device, longest = head.weight.device, max(map(len, tokens))
        pad = self._encoder.tokenizer.pad_token_id
        ids_B_T = torch.tensor([[*ids, *[pad] * (longest - len(ids))] for ids in tokens])
        mask_B_T = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids in tokens])
        states_B_T_H = self._encoder.model["encoder"](
            input_ids=ids_B_T.to(device), attention_mask=mask_B_T.to(device)
        ).last_hidden_state
        logits_B_T = (states_B_T_H @ head.weight[HUMOR]).double().cpu().numpy()
        return [row[: len(ids)] for row, ids in zip(logits_B_T, tokens, strict=True)]


def shared_out(
    logits_T: NDArray[np.float64], special_T: NDArray[np.bool_], bias: float
) -> NDArray[np.float64]:
    """What each text token contributes; their sum is the logit, unless there is none.

    Args:
        logits_T: what the head makes of each token's state, without its bias.
        special_T: tokens that are no part of the text.
        bias: of the head.
    """
    values_T = logits_T / len(logits_T)
    rest = bias + values_T[special_T].sum()
    values_N: NDArray[np.float64] = values_T[~special_T]
    values_N += rest / max(1, len(values_N))
    return values_N


class ClassifierAttribution:
    """An ``Attribution`` of rewards that a profile makes of a humour classifier.

    Args:
        profile: of the reward.
        readers: of its classifiers, by language.
    """

    def __init__(self, profile: Profile, readers: Mapping[Lang, Reader]) -> None:
        self._profile = profile
        self._readers = readers

    def __call__(
        self, prompts: Sequence[Prompt], texts: Sequence[str], rewards: Rewards
    ) -> list[tuple[Piece, ...]]:
        """The classifier's tokens in each text, and what they have earned."""
        found: dict[int, Contributions] = {}
        for lang in dict.fromkeys(prompt.lang for prompt in prompts):
            rows = [row for row, prompt in enumerate(prompts) if prompt.lang is lang]
            read = self._readers[lang].contributions([texts[row] for row in rows])
            found |= dict(zip(rows, read, strict=True))
        names = rewards.components
        return [
            _pieces(
                found[row],
                humour_slope(self._profile, prompt, {name: names[name][row] for name in names}),
            )
            for row, prompt in enumerate(prompts)
        ]


def humour_slope(profile: Profile, prompt: Prompt, components: Mapping[str, float | None]) -> float:
    """By how much a reward would grow with its classifier's probability; G in the module's text.

    Args:
        profile: of the reward.
        prompt: what the text answers.
        components: of the reward of one text.
    """
    weights = profile.words if isinstance(prompt.constraint, WordPair) else profile.headline
    slope = weights.humour
    factors = [value for name, value in components.items() if name.startswith(GATE)]
    if profile.coverage_multiplies:
        factors.append(components["coverage"])
    for factor in factors:
        slope *= 1.0 if factor is None else factor
    return slope


def load_attribution(path: Path, reward: Reward) -> ClassifierAttribution:
    """Load the encoders of a reward's classifiers; one of several languages only once.

    Args:
        path: REWARD.toml that the reward was loaded from.
        reward: the reward.

    Raises:
        ConfigError: the file or a classifier cannot be read.
    """
    config = checked(RewardFile, read_toml(path), str(path))
    folders = {lang: path.parent / config.classifiers[lang].expanduser() for lang in reward.langs}
    readers = {folder: _reader(folder) for folder in dict.fromkeys(folders.values())}
    return ClassifierAttribution(
        reward.profile, {lang: readers[folder] for lang, folder in folders.items()}
    )


def _reader(folder: Path) -> Reader:
    card = checked(Card, read_json(folder / CARD_FILE), str(folder / CARD_FILE))
    return Reader(load_encoder(folder, card.max_length), card.temperature, card.max_length)


def _pieces(found: Contributions, slope: float) -> tuple[Piece, ...]:
    share = slope * secant(found.logit)
    return tuple(
        Piece(start, stop, share * value)
        for (start, stop), value in zip(found.spans, found.values, strict=True)
    )


def secant(logit: float) -> float:
    """(sigmoid(z) − ½) / z, in (0, ¼]; ¼ for z = 0."""
    return 0.25 if abs(logit) < 1e-4 else float(np.tanh(logit / 2)) / (2 * logit)
