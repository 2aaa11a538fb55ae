import pytest

from semeval_humor.metrics import neighbours
from semeval_humor.metrics.neighbours import find_twins, nearest, normal_form
from semeval_humor.schema import Lang

EN, ES, ZH = Lang.EN, Lang.ES, Lang.ZH


@pytest.mark.parametrize(
    ("lang", "text", "form"),
    [
        (EN, "Don’t PANIC — it's ＯＫ! 🎉", "don't panic it's ok"),
        (ES, "¿Qué?  ¡Ñandú!", "qué ñandú"),
        (ZH, "「貓」說：ＯＫ 3！", "猫说ok3"),
        (ZH, "……", ""),
        (EN, "", ""),
    ],
)
def test_normal_form(lang: Lang, text: str, form: str) -> None:
    assert normal_form(text, lang) == form


TEXTS = [
    "My cat naps all day long.",
    "A dog sings.",
    "my cat naps all day long",
    "My cat naps every day long.",
    "My cats nap all day long",
    "!",
    "?",
]


def test_find_twins() -> None:
    twins = find_twins(TEXTS, EN)
    assert twins.form_R.tolist() == [0, 1, 0, 2, 3, -1, -1]
    # "every" for "all": e, v, e, r and y come, a, l and l go: 1 - 8 / 50 for 24 + 26 characters.
    # The s moves from naps to cats: one comes and one goes: 1 - 2 / 48 for 24 + 24 characters.
    assert twins.right_P[twins.left_P == 0].tolist() == [3, 2]  # the nearest first
    assert 1 not in {*twins.left_P.tolist(), *twins.right_P.tolist()}


def test_minhash_finds_what_comparing_all_pairs_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        f"My {animal} opened a {place} and {end}"
        for animal in ("cat", "dog", "hen")
        for place in ("bakery in the old town", "law firm", "night club for retired pirates")
        for end in ("nobody came", "now it never sleeps", "it was closed on Mondays anyway")
    ]
    exact = find_twins([*TEXTS, *texts], EN)
    monkeypatch.setattr(neighbours, "MOST_EXACT", 5)
    quick = find_twins([*TEXTS, *texts], EN)
    assert (exact.search, quick.search) == ("exact", "minhash")
    pairs = set(zip(exact.left_P.tolist(), exact.right_P.tolist(), strict=True))
    found = set(zip(quick.left_P.tolist(), quick.right_P.tolist(), strict=True))
    assert found <= pairs
    assert len(found) >= 0.9 * len(pairs) > 20
    assert quick.form_R.tolist() == exact.form_R.tolist()


def test_short_forms_are_hashed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MOST_EXACT", 0)
    assert find_twins(["猫", "狗", "貓"], ZH).form_R.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("lang", "text", "others", "index", "similarity"),
    [
        (EN, "A cat naps.", ["A dog sings.", "a CAT naps", "A cat naps"], 1, 1),
        (EN, "cat", ["dog", "at"], 1, 1 - 1 / 5),
        (ES, "El gato", ["el gato", "la gata"], 0, 1),
        (ZH, "貓睡覺", ["狗唱歌", "猫睡觉了"], 1, 1 - 1 / 7),
        (ZH, "猫", ["犬", "狗"], 0, 0),
    ],
)
def test_nearest(lang: Lang, text: str, others: list[str], index: int, similarity: float) -> None:
    [found] = nearest([text], others, lang)
    assert found is not None
    assert found.index == index
    assert found.similarity == pytest.approx(similarity)


def test_nearest_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", 4)
    found = nearest(["b", "…", "c", "a", "b"], ["a", "b", "c"], EN)
    assert [near and near.index for near in found] == [1, None, 2, 0, 1]


@pytest.mark.parametrize("others", [[], ["…"]])
def test_nothing_to_be_near(others: list[str]) -> None:
    assert nearest(["A cat."], others, EN) == [None]
