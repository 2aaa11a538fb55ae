"""The report in a real browser: what it shows, what it lets others do, and how much it draws."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.bench.browser import browser_data
from semeval_humor.bench.report import Benchmark, write_report
from semeval_humor.html.page import visible
from semeval_humor.schema import Headline, Lang, Prompt, Task
from tests.bench.boards import benchmark, drawn, entry, prompts
from tests.chromium import Chromium, chromium, needs_chromium

pytestmark = needs_chromium

PHONE = 390

# Sets a control as a user does.
SET = """((id, value) => {
  const control = document.getElementById(id);
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
})"""
SHOWN = "[...document.querySelectorAll('#prompts h3 code')].map((each) => each.textContent)"
COUNT = "document.getElementById('count').textContent"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def made() -> Benchmark:
    asked = [prompts(Lang.EN, 150), prompts(Lang.ZH, 30)]
    return drawn(["base", "sft", "ppo"], asked, people=900, judge=900)


@pytest.fixture(scope="module")
def data(made: Benchmark) -> dict[str, Any]:
    return browser_data(made.board, made.entries, made.votes)


@pytest.fixture(scope="module")
def address(made: Benchmark, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "dev.html"
    write_report(path, made)
    return path.as_uri()


@pytest.fixture
def opened(browser: Chromium, address: str) -> Iterator[Chromium]:
    """The page, which says and asks for nothing whatever is done to it."""
    browser.complaints.clear()
    browser.requests.clear()
    browser.looks()
    browser.open(address)
    yield browser
    assert browser.complaints == []
    assert browser.requests == [address]


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [prompt["id"] for prompt in found]


def set_(page: Chromium, control: str, value: str) -> None:
    page.evaluate(f"{SET}({control!r}, {value!r})")


def choose(page: Chromium, control: str, words: str) -> None:
    """Pick the option that begins with some words."""
    value = page.evaluate(
        f"[...document.getElementById({control!r}).options]"
        f".find((each) => each.text.startsWith({words!r})).value"
    )
    set_(page, control, value)


def clear(page: Chromium) -> None:
    page.evaluate("document.getElementById('clear').click()")


def test_a_page_of_prompts_is_shown(opened: Chromium, data: dict[str, Any]) -> None:
    assert opened.evaluate(SHOWN) == ids(data["prompts"])[:20]
    assert opened.evaluate(COUNT) == "1–20 of 180 prompts"
    texts = opened.evaluate("[...document.querySelectorAll('.joke')].map((e) => e.textContent)")
    expected = [joke["text"] for each in data["prompts"][:20] for joke in each["jokes"]]
    assert texts == expected


def test_search_looks_into_everything_and_marks_it(opened: Chromium, data: dict[str, Any]) -> None:
    set_(opened, "words", "RECEIPT.")
    hits = [
        each
        for each in data["prompts"]
        if any("receipt." in joke["text"] for joke in each["jokes"])
    ]
    assert 0 < len(hits) < 180
    assert opened.evaluate(SHOWN) == ids(hits)[:20]
    marks = opened.evaluate("[...document.querySelectorAll('mark')].map((e) => e.textContent)")
    assert set(marks) == {"receipt."}
    set_(opened, "words", "zh_0007")
    assert opened.evaluate(SHOWN) == ["zh_0007"]
    set_(opened, "words", "nobody wrote this (.*")
    assert (opened.evaluate(SHOWN), opened.evaluate(COUNT)) == ([], "None of 180 prompts")


def test_findings_and_systems(opened: Chromium, data: dict[str, Any]) -> None:
    code = [each["name"] for each in data["codes"]].index("missing-word")

    def lacking(systems: set[int]) -> list[str]:
        return ids(
            [
                each
                for each in data["prompts"]
                if any(
                    joke["by"] in systems and code in dict(joke["findings"])
                    for joke in each["jokes"]
                )
            ]
        )

    choose(opened, "finding", "missing-word")
    assert opened.evaluate(SHOWN) == lacking({0, 1, 2})[:20]
    marked = opened.evaluate("document.querySelectorAll('.hit').length")
    by_id = {each["id"]: each["jokes"] for each in data["prompts"]}
    shown = [joke for id_ in opened.evaluate(SHOWN) for joke in by_id[id_]]
    assert 0 < marked == sum(code in dict(joke["findings"]) for joke in shown) < len(shown)
    opened.evaluate("document.querySelector('#systems input').click()")
    assert opened.evaluate(SHOWN) == lacking({1, 2})[:20]
    assert lacking({1, 2}) != lacking({0, 1, 2})
    names = opened.evaluate("[...document.querySelectorAll('.who b')].map((e) => e.textContent)")
    assert set(names) == {"sft", "ppo"}
    choose(opened, "finding", "any error")
    assert opened.evaluate(COUNT) == "None of 180 prompts"


@pytest.mark.parametrize(
    ("words", "score", "highest"),
    [
        ("by purity, worst", "purity", False),
        ("by words used, worst", "words used", False),
        ("by repetition, worst", "repetition", True),
        ("by characters, highest", "characters", True),
    ],
)
def test_order(
    opened: Chromium, data: dict[str, Any], words: str, score: str, highest: bool
) -> None:
    place = [each["name"] for each in data["scores"]].index(score)

    def extreme(prompt: dict[str, Any]) -> float:
        values = [joke["scores"][place] for joke in prompt["jokes"]]
        known = [-each if highest else each for each in values if each is not None]
        return min(known, default=float("inf"))

    choose(opened, "order", words)
    expected = sorted(data["prompts"], key=extreme)  # both sorts keep the order of what is equal
    assert opened.evaluate(SHOWN) == ids(expected)[:20]
    assert opened.evaluate(SHOWN) != ids(data["prompts"])[:20]


def test_judge_and_people_disagree(opened: Chromium, data: dict[str, Any]) -> None:
    def apart(prompt: dict[str, Any]) -> bool:
        signs: dict[tuple[int, int], list[int]] = {}
        for _, a, b, won, _, lost in prompt["votes"]:
            signs.setdefault((a, b), []).append((won > lost) - (won < lost))
        return any(set(each) == {1, -1} for each in signs.values())

    choose(opened, "votes", "people and judge disagree")
    expected = ids([each for each in data["prompts"] if apart(each)])
    assert 0 < len(expected) < 180
    assert opened.evaluate(SHOWN) == expected[:20]
    first = "document.querySelector('#prompts details')"
    assert "disagree" in opened.evaluate(f"{first}.textContent")
    clear(opened)
    choose(opened, "votes", "by people")
    voted = [each for each in data["prompts"] if any(not by for by, *_ in each["votes"])]
    assert opened.evaluate(SHOWN) == ids(voted)[:20]


def test_clear_brings_everything_back(opened: Chromium, data: dict[str, Any]) -> None:
    choose(opened, "kind", "Task A, Chinese")
    assert opened.evaluate(COUNT) == "1–20 of 30 prompts, out of 180"
    choose(opened, "order", "by purity")
    set_(opened, "words", "会计")
    opened.evaluate("document.querySelector('#systems input').click()")
    clear(opened)
    assert opened.evaluate(SHOWN) == ids(data["prompts"])[:20]
    assert opened.evaluate("document.querySelectorAll('.who').length") == 20 * 3
    assert opened.evaluate("document.activeElement.id") == "words"


def test_by_keyboard_alone(opened: Chromium, data: dict[str, Any]) -> None:
    for _ in range(60):
        opened.press("Tab")
        if opened.evaluate("document.activeElement.id") == "words":
            break
    opened.type("zh_")
    assert opened.evaluate(COUNT) == "1–20 of 30 prompts, out of 180"
    opened.press("Tab")
    opened.press("ArrowDown")
    assert opened.evaluate("document.activeElement.value") == "0"  # the English task
    assert opened.evaluate(COUNT) == "None of 180 prompts"
    opened.press("ArrowDown")
    while opened.evaluate("document.activeElement.textContent") != "Next":
        opened.press("Tab")
    opened.press("Enter", text="\r")
    assert opened.evaluate(COUNT) == "21–30 of 30 prompts, out of 180"
    assert opened.evaluate("document.activeElement.id") == "prompts"
    opened.press("Tab", shift=True)
    assert opened.evaluate("document.activeElement.getAttribute('aria-disabled')") == "true"
    opened.press("Enter", text="\r")
    assert opened.evaluate("document.activeElement.textContent") == "Next"
    assert opened.evaluate(COUNT) == "21–30 of 30 prompts, out of 180"


CONTRASTS = """(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3)
    .map((c) => c / (colour.startsWith("color(") ? 1 : 255))
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = {};
  for (const e of document.querySelectorAll("main *:not(svg *, script, option)")) {
    if (![...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found[e.outerHTML.slice(0, 100)] = ratio;
  }
  return found;
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1200])
def test_readable_on_a_phone_and_in_the_dark(opened: Chromium, width: int, scheme: str) -> None:
    opened.looks(width=width, scheme=scheme)
    set_(opened, "words", "the")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    assert opened.evaluate(CONTRASTS) == {}
    dark = opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 26)"
    assert dark is (scheme == "dark")


def test_without_javascript_the_leaderboard_is_there(opened: Chromium, address: str) -> None:
    opened.call("Emulation.setScriptExecutionDisabled", value=True)
    opened.open(address)
    opened.call("Emulation.setScriptExecutionDisabled", value=False)
    opened.requests.pop()
    text = opened.evaluate("document.body.innerText")
    assert "Ratings by people" in text
    assert "The jokes can be browsed with JavaScript only." in text
    assert "Clear filters" not in text


def test_a_hostile_joke_is_shown_and_does_nothing(browser: Chromium, tmp_path: Path) -> None:
    jokes = [
        "<script>console.log('mine')</script><img src='//evil.example/x.png' onerror=alert(1)>",
        "</script></bdi></li><form action='//evil.example'><button>Vote</button></form>",
        "{{constructor.constructor('alert(1)')()}} javascript:alert(1) &lt;b&gt;",
        "\u202eesrever\u202c \u2066 \u0000 \ud83d x\u200by",
        "A" + "\u0301" * 900,
        "W" * 900,
        "مرحبا " * 20,
        "first line\nsecond line\u2028third",
    ]
    asked = [
        Prompt(f"en_{number:04}", Task.A, Lang.EN, Headline(f"Headline {text[::-1]}"))
        for number, text in enumerate(jokes, start=1)
    ]
    texts = {each.id: text for each, text in zip(asked, jokes, strict=True)}
    made = benchmark([entry("base", asked, texts)], {}, ["length-words"])
    path = tmp_path / "hostile.html"
    write_report(path, made)
    browser.complaints.clear()
    browser.requests.clear()
    browser.looks(width=PHONE)
    browser.open(path.as_uri())
    shown = browser.evaluate("[...document.querySelectorAll('.joke bdi')].map((e) => e.innerHTML)")
    told = browser.evaluate("[...document.querySelectorAll('.joke')].map((e) => e.textContent)")
    assert told == [visible(text, longest=1000) for text in jokes]
    assert "⟨U+202E⟩esrever" in told[3]
    assert len(shown) == len(jokes)
    assert not any("<" in each for each in shown)
    inside = "document.querySelectorAll('#prompts :is(script, img, form, button, a)').length"
    assert browser.evaluate(inside) == 0
    assert browser.evaluate("document.documentElement.scrollWidth") <= PHONE
    boxes = "[...document.querySelectorAll('.jokes > li')]"
    assert max(browser.evaluate(f"{boxes}.map((e) => e.offsetHeight)")) < 2000
    assert browser.evaluate(f"{boxes}.every((e) => e.scrollWidth <= e.clientWidth)")
    assert browser.evaluate(f"{boxes}.every((e) => getComputedStyle(e).overflow === 'hidden')")
    set_(browser, "words", "<script>")
    assert browser.evaluate("document.querySelector('mark').textContent") == "<script>"
    assert browser.complaints == []
    assert browser.requests == [path.as_uri()]


def test_what_the_policy_forbids_does_not_happen(opened: Chromium) -> None:
    forbidden = "document.body.insertAdjacentHTML('beforeend', '<img src=//evil.example/x>')"
    tried = f"(() => {{ try {{ {forbidden} }} catch (error) {{ return error.name }} }})()"
    assert opened.evaluate(tried) == "TypeError"  # only trusted types make elements
    load = "new Promise((done) => { const i = new Image(); i.onerror = () => done('stopped'); "
    assert opened.evaluate(load + "i.src = 'https://evil.example/x.png' })") == "stopped"
    assert all("Security Policy" in each or "TrustedHTML" in each for each in opened.complaints)
    assert len(opened.complaints) == 2
    opened.complaints.clear()
    opened.requests[:] = [each for each in opened.requests if each.startswith("file:")]


def test_of_1200_prompts_by_8_systems_20_are_drawn(browser: Chromium, tmp_path: Path) -> None:
    systems = ["base", "zero-shot", "sft", "dpo", "ppo", "grpo", "rloo", "best-of-8"]
    path = tmp_path / "big.html"
    write_report(path, drawn(systems, [prompts(Lang.EN, 1200)], people=4000, judge=6000))
    browser.complaints.clear()
    browser.requests.clear()
    browser.looks()
    browser.open(path.as_uri())
    assert browser.evaluate(COUNT) == "1–20 of 1,200 prompts"
    jokes = "document.querySelectorAll('.joke').length"
    for control, value in {"order": "low 0", "words": "receipt", "votes": "[0,1]"}.items():
        set_(browser, control, value)
        assert browser.evaluate(f"{SHOWN}.length") == 20, control
        assert browser.evaluate(jokes) == 20 * len(systems), control
    clear(browser)
    assert browser.complaints == []
    assert browser.requests == [path.as_uri()]
