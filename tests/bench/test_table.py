"""Leaderboards: what is best, what is missing and why; and five ways to show them."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence

import pytest

from semeval_humor.bench.board import Board, Row
from semeval_humor.bench.columns import BETTER, LABELS, MEANINGS, Better
from semeval_humor.bench.formats import csv_text, document, latex, markdown, rich_tables
from semeval_humor.bench.table import Cell, Leaderboard, leaderboard
from semeval_humor.metrics import suite
from semeval_humor.ratings import Rating
from semeval_humor.schema import Lang, Score, Task
from semeval_humor.submission.kinds import Kind

EN, ZH, B1 = Kind(Task.A, Lang.EN), Kind(Task.A, Lang.ZH), Kind(Task.B1, Lang.EN)


def scores(kind: Kind, items: int = 100, **values: float) -> dict[str, Score]:
    """Scores by name, with - written as _; each has an interval of 0.1 to both sides."""
    tokens = {"tokens": "char" if kind.lang is Lang.ZH else "word"}
    found = {name.replace("_", "-"): value for name, value in values.items()}
    return {
        name: Score(name, value, items, kind.lang, value - 0.1, value + 0.1, tokens)
        for name, value in {"length-characters": 80.0, **found}.items()
    }


def rating(system: str, value: float, half: float = 30, rank: int = 1) -> Rating:
    return Rating(system, value, 225.0, value - half, value + half, 120, rank)


def board(*rows: Row, voters: Sequence[str] = (), baseline: str | None = None) -> Board:
    return Board("dev", baseline, rows, tuple(voters), {})


def column(found: Leaderboard, label: str, group: int = 0) -> list[Cell]:
    place = [each.label for each in found.columns].index(label)
    return [line.cells[place] for line in found.groups[group].lines]


def compared(name: str, *values: float, kind: Kind = EN, items: Sequence[int] = ()) -> list[Cell]:
    """Cells of one metric, of systems with these values."""
    counts = items or [100] * len(values)
    rows = [
        Row(f"system{place}", kind, scores(kind, count, **{name: value}))
        for place, (value, count) in enumerate(zip(values, counts, strict=True))
    ]
    return column(leaderboard(board(*rows), {}), LABELS[name.replace("_", "-")])


def test_every_metric_of_the_suite_has_a_direction_and_what_is_shown_is_explained() -> None:
    assert BETTER.keys() == suite.METRICS.keys() | suite.CHINESE_METRICS.keys()
    assert LABELS.keys() == MEANINGS.keys() <= BETTER.keys()


@pytest.mark.parametrize("kind", [EN, ZH, B1])
@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("script_purity", (0.91, 0.99, 0.95), [1]),  # higher is better
        ("rep_2", (0.91, 0.99, 0.05), [2]),  # lower is better
        ("self_bleu", (0.5, 0.2, 0.3), [1]),
        ("length_words", (9.0, 20.0, 40.0), []),  # nobody can say
        ("script_purity", (0.99951, 0.99949, 0.9), [0]),  # 1.000, 0.999, 0.900
        ("script_purity", (0.9996, 0.9999, 0.9), [0, 1]),  # 1.000 both
        ("script_purity", (1.0, 1.0, 1.0), []),  # nothing to choose from
        ("script_purity", (0.0, 0.0, 0.1), [2]),  # 0 is a value
        ("rep_2", (0.5,), []),  # nobody to be better than
    ],
)
def test_the_best_is_marked(
    kind: Kind, name: str, values: tuple[float, ...], best: list[int]
) -> None:
    cells = compared(name, *values, kind=kind)
    assert [place for place, cell in enumerate(cells) if cell.best] == best


def test_languages_are_compared_by_themselves() -> None:
    rows = [
        Row(system, kind, scores(kind, script_purity=value))
        for kind, values in ((EN, (0.9, 0.8)), (ZH, (0.2, 0.3)))
        for system, value in zip(("one", "other"), values, strict=True)
    ]
    found = leaderboard(board(*rows), {})
    assert [group.title for group in found.groups] == ["Task A, English", "Task A, Chinese"]
    assert [cell.best for cell in column(found, "purity")] == [True, False]
    assert [cell.best for cell in column(found, "purity", 1)] == [False, True]


def test_values_over_different_rows_are_not_compared() -> None:
    cells = compared("distinct_2", 0.9, 0.7, items=(100, 1200))
    assert [(cell.best, cell.note) for cell in cells] == [(False, 1), (False, 1)]
    cells = compared("rep_2", 0.9, 0.7, items=(100, 1200))
    assert [(cell.best, cell.note) for cell in cells] == [(False, 1), (False, 1)]
    rows = [Row("a", EN, scores(EN, 9, distinct_2=0.9)), Row("b", EN, scores(EN, distinct_2=0.8))]
    assert leaderboard(board(*rows), {}).notes == (
        "moves with the number of texts, here 9 to 100: not comparable",
    )


def test_a_missing_value_is_a_dash_with_its_reason_and_never_0() -> None:
    rows = [
        Row("one", EN, scores(EN, coverage_exact=0.0)),
        Row("other", EN, scores(EN)),
        Row("third", EN, scores(EN)),
        Row("voted", EN, ratings={"people": rating("voted", 1000)}),
    ]
    why = {("other", EN): {"coverage-exact": "nobody knows the words"}}
    found = leaderboard(board(*rows, voters=["people"]), why)
    texts = [(cell.text, cell.note) for cell in column(found, "exact words")]
    assert texts == [("0.000", None), ("–", 2), ("–", 3), ("–", 1)]
    assert [cell.text for cell in column(found, "people")] == ["–", "–", "–", "1000"]
    assert found.notes == (
        "there are votes on it, but no file",
        "nobody knows the words",
        "not measured, see bench run",
        "people: no votes on it",
    )


def test_columns_without_any_number_are_left_out_and_named() -> None:
    rows = [Row("one", B1, scores(B1, rep_2=0.1), unrated={"qwen": "not rated yet"})]
    why = {("one", B1): {"coverage-exact": "no row has words"}}
    found = leaderboard(board(*rows, voters=["qwen"]), why)
    assert [each.label for each in found.columns] == ["texts", "rep-2"]
    assert "Left out: exact words (no row has words)." in found.remarks
    assert "Left out: qwen (qwen: not rated yet)." in found.remarks


@pytest.mark.parametrize(
    ("other", "like"),
    [(1059, True), (1060, True), (1061, False), (941, True), (940, True), (939, False)],
)
def test_systems_that_cannot_be_told_apart_from_the_baseline_are_marked(
    other: float, like: bool
) -> None:
    # The baseline is at 970 to 1030; the other's interval reaches 30 to both sides.
    rows = [
        Row("base", EN, scores(EN), {"people": rating("base", 1000)}),
        Row("ours", EN, scores(EN), {"people": rating("ours", other)}),
    ]
    found = leaderboard(board(*rows, voters=["people"], baseline="base"), {})
    assert [cell.like_baseline for cell in column(found, "people")] == [False, like]
    assert [line.baseline for line in found.groups[0].lines] == [True, False]
    assert any(each.startswith("≈") for each in found.remarks) is like
    without = leaderboard(board(*rows, voters=["people"]), {})
    assert not any(cell.like_baseline for cell in column(without, "people"))


def test_official_rows_are_marked_and_compared_among_themselves() -> None:
    rows = [
        Row("base", EN, scores(EN), {"people": rating("base", 1000)}),
        Row("base", EN, ratings={"official": rating("base", 1080)}),
        Row("theirs", EN, ratings={"official": rating("theirs", 1030, rank=2)}),
        Row("last", EN, ratings={"official": rating("last", 800, rank=3)}),
    ]
    found = leaderboard(board(*rows, voters=["people", "official"], baseline="base"), {})
    lines = found.groups[0].lines
    assert [line.official for line in lines] == [False, True, True, True]
    official = column(found, "official")
    assert [cell.text for cell in official] == ["–", "1080", "1030", "800"]
    assert [cell.best for cell in official] == [False, True, False, False]
    assert [cell.like_baseline for cell in official] == [False, False, True, False]
    assert found.notes == ()  # the mark says it all
    assert any(each.startswith("‡") for each in found.remarks)


def test_an_interval_without_an_end_is_noted() -> None:
    rows = [Row("ours", EN, scores(EN), {"people": rating("ours", 1200)})]
    why = {("ours", EN): {"people": "its interval has no end"}}
    found = leaderboard(board(*rows, voters=["people"]), why)
    assert [found.notes[(cell.note or 0) - 1] for cell in column(found, "people")] == [
        "its interval has no end"
    ]


def test_settings_are_told_by_language() -> None:
    rows = [Row("ours", kind, scores(kind, rep_2=0.1)) for kind in (EN, B1, ZH)]
    (told,) = [each for each in leaderboard(board(*rows), {}).remarks if "Settings" in each]
    assert told.startswith("Settings: rep-2 tokens:word (en), tokens:char (zh); semeval-humor ")


CARD = {
    **{"judge": "qwen", "battles": 90, "possible": 400, "unanswered": 0},
    "flip_rate": {"value": 0.5, "low": 0.4, "high": 0.6, "items": 90},
    **dict.fromkeys(["tie_rate", "first_rate", "longer_rate"]),
    "people": {"value": 0.51, "low": 0.47, "high": 0.55, "items": 600},
    "says": ["This judge is no better than a coin."],
}


def test_a_judge_is_told_with_its_card() -> None:
    rows = [Row("ours", EN, scores(EN), {"qwen": rating("ours", 1000)})]
    found = leaderboard(Board("dev", None, tuple(rows), ("qwen",), {"qwen": CARD}), {})
    assert (
        "qwen: a judge; 90 of 400 possible battles; flip rate 0.500 [0.400, 0.600], tie rate –, "
        "first rate –, longer rate –, people 0.510 [0.470, 0.550]. This judge is no better than a "
        "coin."
    ) in found.remarks


# How it is shown


NAME = r"[50%]_of <b>&{x}\$#~^|*"


@pytest.fixture
def shown() -> Board:
    rows = [
        Row("base", EN, scores(EN, rep_2=0.2), {"people": rating("base", 990)}),
        Row(NAME, EN, scores(EN, rep_2=0.25), {"people": rating(NAME, 1010)}),
        Row("new", EN, scores(EN), unrated={"people": "3 votes, expected 20 or more"}),
        Row("theirs", EN, ratings={"official": rating("theirs", 1030)}),
        Row("base", ZH, scores(ZH, rep_2=0.3, han_mix=0.1)),
    ]
    return board(*rows, voters=["people", "official"], baseline="base")


WHY: Mapping[tuple[str, Kind], Mapping[str, str]] = {("new", EN): {"rep-2": "too short"}}
LOOSE: Mapping[tuple[str, Kind], Mapping[str, str]] = {("base", EN): {"people": "no end"}}


def test_markdown(shown: Board) -> None:
    lines = markdown(leaderboard(shown, WHY)).splitlines()
    assert lines[:7] == [
        "**Task A, English**",
        "",
        "| system | texts | rep-2 ↓ | people ↑ | rank | official ↑ | rank |",
        "| :-- | --: | --: | --: | --: | --: | --: |",
        "| base † | 100 | **0.200**<br><sub>0.100–0.300</sub> | 990<br><sub>960–1020</sub> | 1 "
        "| – | – |",
        r"| \[50%\]\_of \<b\>&{x}\\$\#\~^\|\* | 100 | 0.250<br><sub>0.150–0.350</sub> "
        "| **1010**≈<br><sub>980–1040</sub> | 1 | – | – |",
        "| new | 100 | –ᵃ | –ᵇ | –ᵇ | – | – |",
    ]
    assert "| theirs ‡ | – | – | – | – | 1030<br><sub>1000–1060</sub> | 1 |" in lines
    assert "- ᵃ too short." in lines
    assert "- ᵇ people: 3 votes, expected 20 or more." in lines


def test_latex(shown: Board) -> None:
    text = latex(leaderboard(shown, WHY))
    lines = text.splitlines()
    assert r"\begin{tabular}{lrrrrrr}" in lines
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    cells = {len(re.findall(r"(?<!\\)&", row)) for row in rows if "multicolumn" not in row}
    assert cells == {6}
    assert (
        r"{[}50\%]\_of \textless{}b\textgreater{}\&\{x\}\textbackslash{}\$\#\textasciitilde{}"
        r"\textasciicircum{}\textbar{}{*} & 100 & 0.250 & \textbf{1010}$^\approx$ & 1 & -- & -- \\"
    ) in rows
    assert r" &  & {\tiny 0.150--0.350} & {\tiny 980--1040} &  &  &  \\" in rows
    assert r"theirs $^\ddagger$ & -- & -- & -- & -- & 1030 {\tiny 1000--1060} & 1 \\" in rows
    bare = re.sub(r"\\[\\{}&%$#_]", "", text)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert text.isascii()
    for name in ("table*", "tabular", "minipage"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 1


def test_rich(shown: Board) -> None:
    from rich.console import Console

    console = Console(width=200, file=io.StringIO(), record=True)
    for part in rich_tables(leaderboard(shown, WHY)):
        console.print(part)
    text = console.export_text(clear=False)
    assert re.search(r"base † +100 +0\.200 +990 +1 +– +–", text)
    assert re.search(r"new +100 +–ᵃ +–ᵇ +–ᵇ +– +–", text)
    assert "0.100 – 0.300" in text
    assert NAME in text
    assert "ᵃ too short." in text
    bold = re.findall(r"\x1b\[1m *([\d.≈]+)\x1b", console.export_text(styles=True))
    assert bold == ["0.200", "1010≈"]  # not 0.300, which has none to compare with


def test_csv_has_every_number_and_empty_cells_with_reasons(shown: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(shown, WHY))))
    assert [row["system"] for row in rows] == ["base", NAME, "new", "theirs", "base"]
    assert [row["rep-2"] for row in rows] == ["0.2", "0.25", "", "", "0.3"]
    assert rows[4]["han-mix"] == "0.1"
    assert rows[0]["people_low"] == "960"
    assert (rows[3]["official"], rows[3]["official_rating"]) == ("1", "1030")
    assert rows[2]["notes"] == "rep-2: too short; people: 3 votes, expected 20 or more"
    assert [row["lang"] for row in rows] == ["en", "en", "en", "en", "zh"]


def test_json_is_plain_and_whole(shown: Board) -> None:
    value = json.loads(json.dumps(document(shown, {**WHY, **LOOSE})))
    assert value["baseline"] == "base"
    new, theirs = value["rows"][2:4]
    assert (new["undefined"], new["caveats"]) == ({"rep-2": "too short"}, {})
    assert value["rows"][0]["caveats"] == {"people": "no end"}
    assert new["unrated"] == {"people": "3 votes, expected 20 or more"}
    assert theirs["official"] is True
    assert theirs["ratings"]["official"]["final_ranking"] == 1
    assert value["rows"][4]["scores"]["han-mix"]["settings"] == {"tokens": "char"}


def test_notes_go_on_after_z() -> None:
    rows = [Row(f"s{n}", EN, scores(EN), unrated={"people": f"reason {n}"}) for n in range(28)]
    rated = Row("rated", EN, scores(EN), {"people": rating("rated", 1000)})
    lines = markdown(leaderboard(board(*rows, rated, voters=["people"]), {})).splitlines()
    assert "- ᶻ people: reason 25." in lines
    assert "- ᵃᵃ people: reason 26." in lines
    assert "- ᵃᵇ people: reason 27." in lines


def test_an_arrow_points_to_the_better_end() -> None:
    assert [better.arrow for better in Better] == [" ↑", " ↓", ""]
