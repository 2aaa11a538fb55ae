"""The voting page in a real browser: by keyboard, by mouse without JavaScript, on a phone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from semeval_humor.arena.contest import Choice, Contest
from semeval_humor.arena.exchange import votes_of
from semeval_humor.arena.pages import shown
from semeval_humor.arena.store import Store
from semeval_humor.schema import Headline, Lang, Prompt, Task, WordPair
from tests.arena.contests import application, made_up, one_pair, opened, prompts, served, small
from tests.bench.test_report_in_browser import CONTRASTS
from tests.chromium import Chromium, chromium, needs_chromium

pytestmark = [needs_chromium, pytest.mark.slow]

PHONE = 390
H1 = "document.querySelector('h1').textContent"
JOKES = "[...document.querySelectorAll('.text bdi')].map((each) => each.textContent)"
PROGRESS = "document.querySelector('.progress').textContent"
FOCUS = "document.activeElement.textContent.trim()"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as found:
        yield found


@pytest.fixture
def go(browser: Chromium, store: Store) -> Iterator[Callable[[Contest], str]]:
    """Serves a contest to a browser that has never been there; all it asks for is ours."""
    with_servers: list[Any] = []
    addresses: list[str] = []

    def serve(voted_on: Contest) -> str:
        server = served(application(voted_on, store))
        addresses.append(server.__enter__())
        with_servers.append(server)
        browser.call("Network.clearBrowserCookies")
        browser.complaints.clear()
        browser.requests.clear()
        browser.looks()
        browser.open(addresses[-1])
        return addresses[-1]

    yield serve
    for server in with_servers:
        server.__exit__(None, None, None)
    assert browser.complaints == []
    assert [each for each in browser.requests if not each.startswith(addresses[0])] == []


def start(browser: Chromium) -> None:
    while browser.evaluate(FOCUS) != "Start voting":
        browser.press("Tab")
    with browser.loading():
        browser.press("Enter", text="\r")


def press(browser: Chromium, key: str) -> None:
    with browser.loading():
        browser.press(key)


def node(browser: Chromium, selector: str) -> int:
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    found: int = browser.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
    assert found, selector
    return found


def markup(browser: Chromium, selector: str) -> str:
    """HTML of an element, which needs no JavaScript."""
    found: str = browser.call("DOM.getOuterHTML", nodeId=node(browser, selector))["outerHTML"]
    return found


def middle(browser: Chromium, selector: str) -> dict[str, float]:
    browser.call("DOM.scrollIntoViewIfNeeded", nodeId=node(browser, selector))
    box = browser.call("DOM.getBoxModel", nodeId=node(browser, selector))["model"]["border"]
    return {"x": sum(box[::2]) / 4, "y": sum(box[1::2]) / 4}


def click(browser: Chromium, selector: str) -> None:
    place = middle(browser, selector)
    with browser.loading():
        for kind in ("mousePressed", "mouseReleased"):
            browser.call(
                "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place
            )


def tap(browser: Chromium, selector: str) -> None:
    place = middle(browser, selector)
    with browser.loading():
        browser.call("Input.dispatchTouchEvent", type="touchStart", touchPoints=[place])
        browser.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])


def choices(store: Store) -> str:
    return "".join(cast.choice for cast in store.casts())


def test_a_session_by_keyboard(
    browser: Chromium, store: Store, go: Callable[[Contest], str]
) -> None:
    address = go(small(2))
    start(browser)
    assert browser.evaluate(H1) == "Which one is funnier?"
    first = browser.evaluate(JOKES)
    for key in "abTs":  # 2 prompts × 3 pairs; with the shift key it is the same
        press(browser, key)
    assert choices(store) == "abtn"
    press(browser, "u")
    press(browser, "u")
    assert choices(store) == "ab"
    for key in "asbb":
        press(browser, key)
    assert choices(store) == "abanbb"
    assert browser.evaluate(H1) == "You have judged every pair"
    vote = votes_of(store)[0]
    assert [f"{name}’s {vote.prompt_id}" for name in (vote.left, vote.right)] == first
    browser.press("a")  # does nothing any more
    browser.open(f"{address}/leaderboard")
    board = browser.evaluate("document.querySelector('main').textContent")
    assert all(name in board for name in ("5 votes.", "ada", "bob", "cid"))
    assert len(store.casts()) == 6


def test_keys_may_be_switched_off(
    browser: Chromium, store: Store, go: Callable[[Contest], str]
) -> None:
    address = go(small(2))
    start(browser)
    for key in ("x", "1", "Escape"):
        browser.press(key)
    browser.evaluate("document.getElementById('keys').click()")
    browser.press("a")
    browser.open(address)  # the browser remembers
    browser.press("a")
    assert browser.evaluate(PROGRESS).startswith("0 pairs judged by you")
    assert browser.evaluate("document.querySelectorAll('[aria-keyshortcuts]').length") == 0
    browser.evaluate("document.getElementById('keys').click()")
    press(browser, "a")
    assert choices(store) == "a"


def test_a_key_that_is_held_votes_once(
    browser: Chromium, store: Store, go: Callable[[Contest], str]
) -> None:
    go(small(4))
    start(browser)
    both = {"key": "a", "windowsVirtualKeyCode": 65, "type": "keyDown", "text": "a"}
    with browser.loading():
        browser.call("Input.dispatchKeyEvent", **both)
        for _ in range(5):
            browser.call("Input.dispatchKeyEvent", autoRepeat=True, **both)
    browser.call("Input.dispatchKeyEvent", autoRepeat=True, **both)
    assert browser.evaluate(PROGRESS).startswith("1 pair judged by you")
    assert choices(store) == "a"


def test_a_form_is_sent_once(browser: Chromium, store: Store, go: Callable[[Contest], str]) -> None:
    go(small(4))
    start(browser)
    submit = "new SubmitEvent('submit', { bubbles: true, cancelable: true })"
    sent = f"[1, 2, 3].map(() => document.querySelector('.votes').dispatchEvent({submit}))"
    assert browser.evaluate(sent) == [True, False, False]


def test_buttons_by_tab_and_enter(
    browser: Chromium, store: Store, go: Callable[[Contest], str]
) -> None:
    go(small(1))
    start(browser)
    order = []
    for _ in range(10):
        browser.press("Tab")
        order.append(browser.evaluate(FOCUS))
    names = [name for name in order if name in {"A is funnier", "Tie", "B is funnier", "Skip"}]
    assert names[:4] == ["A is funnier", "Tie", "B is funnier", "Skip"]
    while browser.evaluate(FOCUS) != "Tie":
        browser.press("Tab")
    with browser.loading():
        browser.press("Enter", text="\r")
    assert choices(store) == "t"


def test_a_session_by_mouse_without_javascript(
    browser: Chromium, store: Store, go: Callable[[Contest], str]
) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        address = go(small(1))
        click(browser, ".start button")
        assert "hidden" in markup(browser, ".keys")  # there are no keys
        for value in "atb":
            click(browser, f"button[value={value}]")
        assert "You have judged every pair" in markup(browser, "h1")
        click(browser, ".undo button")
        click(browser, "button[value=n]")
        assert choices(store) == "atn"
        browser.open(f"{address}/leaderboard")
        assert "2 votes." in markup(browser, "main")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


def test_a_session_on_a_phone_by_touch(
    browser: Chromium, store: Store, go: Callable[[Contest], str]
) -> None:
    long = "A joke that takes its time to arrive at the umbrella stand. " * 15  # 900 characters
    go(one_pair(long, long.upper()))
    browser.looks(width=PHONE, height=844)
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True)
    tap(browser, ".start button")
    assert browser.evaluate("document.documentElement.scrollWidth") <= PHONE
    # However long the jokes are, the buttons are at the thumb.
    boxes = json.loads(
        browser.evaluate(
            "JSON.stringify([...document.querySelectorAll('button')].map((each) => {"
            " const box = each.getBoundingClientRect();"
            " return [box.top, box.bottom, box.width, box.height]; }))"
        )
    )
    assert len(boxes) == 5
    assert all(0 < top < bottom <= 844 for top, bottom, _, _ in boxes)
    assert min(width for *_, width, _ in boxes) >= 44
    assert min(height for *_, height in boxes) >= 44
    tap(browser, "button[value=b]")
    tap(browser, ".undo button")
    tap(browser, "button[value=a]")
    assert choices(store) == "a"
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)


def test_going_back_shows_what_is_true_now(
    browser: Chromium, store: Store, go: Callable[[Contest], str]
) -> None:
    go(small(2))
    start(browser)
    first = browser.evaluate(JOKES)
    press(browser, "a")
    second = browser.evaluate(JOKES)
    with browser.loading():
        browser.evaluate("history.back()")
    assert browser.evaluate(H1) in {"Which one is funnier?", "Which joke is funnier?"}
    assert browser.evaluate(JOKES) in (second, [])
    assert first != second


HOSTILE = [
    "<script>document.title = 'mine'</script><img src=//evil.example/x.png onerror=alert(1)>",
    "</bdi></div></section><form action='//evil.example'><button>Vote</button></form>",
    "<style>*{display:none}</style><svg onload=alert(1)><a href='javascript:alert(1)'>x</a>",
    "{{ 7 * 7 }} {% raw %} &lt;b&gt; &amp; \"quoted\" 'too' `and so`",
    "\u202eesrever\u202c \u2066inside\u2069 x\u200by \u0000 \ufeff",
    "A" + "\u0301" * 900,
    "Z" + "\u0336\u0353\u030f\u0489" * 225,
    "W" * 900,
    "مرحبا بالعالم " * 20,
    "\n".join("line" for _ in range(900)),
    "first line\n\nthird line\u2028still\r\nlast",
    "﷽" * 200,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_joke_is_shown_and_does_nothing(
    browser: Chromium, store: Store, go: Callable[[Contest], str], text: str
) -> None:
    asked = Prompt("en_0001", Task.A, Lang.EN, Headline(f"Headline {text[:300]}"))
    if text.startswith("<"):
        asked = Prompt("en_0001", Task.A, Lang.EN, WordPair(text, text))
    go(one_pair(text, "An honest joke.", asked))
    browser.looks(width=PHONE, height=844)
    start(browser)
    jokes = browser.evaluate(JOKES)
    assert sorted(jokes) == sorted([shown(text), "An honest joke."])
    assert "\u202e" not in "".join(jokes)
    assert browser.evaluate("document.title") == "Lab night"
    inside = "document.querySelectorAll(':is(.text, .prompt) :not(bdi, p)').length"
    assert browser.evaluate(inside) == 0
    assert browser.evaluate("document.querySelectorAll('form').length") == 2
    assert browser.evaluate("document.documentElement.scrollWidth") <= PHONE
    # What it paints stays in its box, and both boxes and all buttons can be reached.
    clipped = "[...document.querySelectorAll('.text')].map((e) => getComputedStyle(e).contain)"
    assert set(browser.evaluate(clipped)) == {"content"}
    heights = "[...document.querySelectorAll('.text')].map((e) => e.offsetHeight)"
    assert max(browser.evaluate(heights)) <= 422  # half of the window
    press(browser, "a")
    assert choices(store) == "a"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, 1200])
def test_contrast_and_width(
    browser: Chromium, store: Store, go: Callable[[Contest], str], width: int, scheme: str
) -> None:
    asked = [*prompts(2), *prompts(1, Lang.ES), *prompts(1, Lang.ZH)]
    address = go(made_up(asked, ["ada", "bob", "cid"]))
    browser.looks(width=width, scheme=scheme)
    pages = []

    def check() -> None:
        pages.append(browser.evaluate(H1))
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate(CONTRASTS.replace('"main *', '"body *')) == {}

    check()
    start(browser)
    check()
    browser.open(f"{address}/?task=a-en")
    check()
    for key in "abtabt":
        press(browser, key)
    check()
    browser.open(f"{address}/leaderboard")
    check()
    browser.open(f"{address}/?task=a-zh")
    assert browser.evaluate("document.querySelector('.text bdi').lang") == "zh"
    assert len(set(pages)) == 5
    dark = browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 20, 26)"
    assert dark is (scheme == "dark")


def test_a_form_on_another_site_is_refused(
    browser: Chromium, store: Store, go: Callable[[Contest], str], tmp_path: Path
) -> None:
    address = go(small(1))
    start(browser)
    ticket = browser.evaluate("document.querySelector('[name=ticket]').value")
    # Another name for this machine is another site; it even knows the ticket.
    elsewhere = Starlette()
    form = f'<form method="post" action="{address}/vote"><input name="ticket" value="{ticket}">'

    async def evil(scope: Any, receive: Any, send: Any) -> None:
        from starlette.responses import HTMLResponse

        page = HTMLResponse(form + '<input name="choice" value="a"><button>Win</button></form>')
        await page(scope, receive, send)

    elsewhere.mount("/", evil)
    with served(elsewhere) as there:
        browser.open(there.replace("127.0.0.1", "localhost"))
        click(browser, "button")
    assert browser.evaluate(H1) == "That did not work"
    assert choices(store) == ""
    browser.complaints.clear()  # the browser tells of the 403
    browser.requests.clear()
    browser.open(address)
    press(browser, "t")
    assert [cast.choice for cast in store.casts()] == [Choice.TIE]
