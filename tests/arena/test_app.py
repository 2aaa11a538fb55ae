"""The voting page over HTTP: a session, and everything that is refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from semeval_humor.arena.contest import Choice, Pair
from semeval_humor.arena.exchange import votes_of
from semeval_humor.arena.guards import Limiter
from semeval_humor.arena.store import Store
from semeval_humor.schema import Lang, Vote, Winner
from tests.arena.contests import (
    ADDRESS,
    GIFS,
    OWN,
    Voter,
    application,
    browser,
    made_up,
    one_pair,
    opened,
    prompts,
    small,
    voter,
)

TOKEN = "open sesame, please"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path) as found:
        yield found


@pytest.fixture
def app(store: Store) -> Starlette:
    return application(small(), store)


@pytest.fixture
def mine(app: Starlette) -> Voter:
    return voter(app)


def stored(store: Store) -> list[tuple[str, str]]:
    """Voter and verdict of each vote."""
    return [(cast.voter, cast.choice.value) for cast in store.casts()]


# A session


def test_a_whole_session(store: Store, mine: Voter) -> None:
    seen = []
    for choice in "abtnabtna":  # 3 prompts × 3 pairs
        assert len(mine.jokes) == 2
        seen.append(frozenset(mine.jokes))
        mine.vote(choice)
    assert "You have judged every pair" in mine.page
    assert len(set(seen)) == 9
    assert "".join(choice for _, choice in stored(store)) == "abtnabtna"
    assert len({name for name, _ in stored(store)}) == 1


@pytest.mark.parametrize(
    ("choice", "winner"), [("a", Winner.LEFT), ("b", Winner.RIGHT), ("t", Winner.TIE)]
)
def test_what_is_stored_is_what_was_seen(
    store: Store, mine: Voter, choice: str, winner: Winner
) -> None:
    left, right = mine.jokes  # "ada’s en_0001"
    mine.vote(choice)
    (vote,) = votes_of(store)
    assert [vote.left, vote.right] == [left.split("’")[0], right.split("’")[0]]
    assert vote == Vote(left.split()[-1], Lang.EN, vote.left, vote.right, winner, vote.voter)


def test_the_pair_stays_until_it_is_judged(mine: Voter) -> None:
    before = mine.jokes, mine.ticket
    for _ in range(3):
        mine.look()
        assert (mine.jokes, mine.ticket) == before


def test_undo(store: Store, mine: Voter) -> None:
    assert 'data-key="u" disabled' in mine.page
    first, ticket = mine.jokes, mine.ticket
    mine.vote("a")
    second = mine.jokes
    mine.vote("b")
    mine.undo()
    assert mine.jokes == second
    mine.undo()
    assert mine.jokes == first
    assert mine.ticket != ticket
    assert 'data-key="u" disabled' in mine.page
    assert stored(store) == []
    mine.vote("t")
    assert [choice for _, choice in stored(store)] == ["t"]


def test_undo_when_all_is_judged(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        mine = voter(application(one_pair("one", "two"), store))
        mine.vote("a")
        assert "You have judged every pair" in mine.page
        mine.undo()
        assert sorted(mine.jokes) == ["one", "two"]


def test_progress(app: Starlette, mine: Voter) -> None:
    other = voter(app)
    other.vote("a")
    mine.vote("n")
    mine.vote("b")
    assert "2 pairs judged by you; 2 votes by all." in mine.page


def test_voters_are_blind(mine: Voter) -> None:
    page = mine.page
    for joke in mine.jokes:
        page = page.replace(joke, "")
    assert not re.search("ada|bob|cid", page)


def test_several_tasks(tmp_path: Path) -> None:
    asked = [*prompts(1), *prompts(1, Lang.ZH), *GIFS]
    with opened(tmp_path) as store:
        mine = voter(application(made_up(asked, ["ada", "bob"]), store))
        assert "What would you like to judge?" in mine.page
        assert 'lang="zh"' in mine.look("?task=a-zh")
        assert "借" in mine.page or "borrow" in mine.page
        mine.vote("a")
        assert "You have judged every pair" in mine.page  # and stays with the task
        page = mine.look("?task=b2")
        assert '<img src="https://more.example/two.gif"' in page
        assert "Me after ______" in page
        assert mine.client.get("/?task=a-es").status_code == 404


def test_images_are_allowed_where_they_come_from_and_only_then(
    app: Starlette, tmp_path: Path
) -> None:
    policy = browser(app).get("/").headers["content-security-policy"]
    assert "img-src 'self';" in policy
    with Store(tmp_path / "gifs.sqlite", new=True) as store:
        gifs = browser(application(made_up(GIFS, ["ada", "bob"]), store)).get("/")
    policy = gifs.headers["content-security-policy"]
    assert "img-src 'self' https://gifs.example https://more.example;" in policy
    assert "https://gifs.example, https://more.example, which thereby learns" in gifs.text


def test_leaderboard(store: Store, app: Starlette, mine: Voter) -> None:
    assert "There are no votes yet." in mine.look("leaderboard")
    for number in range(4):
        one = voter(app)
        while "You have judged" not in one.page:
            one.vote("abt"[(number + len(one.jokes[0])) % 3])
    page = voter(application(small(), store)).look("leaderboard")
    assert "36 votes." in page  # 4 voters × 9 pairs
    assert page.count('<th scope="row">') == 3
    assert "<svg" in page
    assert "7 more votes on these two" in page


def test_the_leaderboard_is_for_voters(app: Starlette) -> None:
    answer = browser(app).get("/leaderboard", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "./")


def test_every_answer_carries_the_same_policy(app: Starlette, mine: Voter) -> None:
    answers = [
        mine.client.get(path)
        for path in ("/", "/leaderboard", "/nothing", "/static/arena.css", "/static/x")
    ]
    answers.append(mine.client.post("/vote", content=b"x"))
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
    kept = [answer.headers["cache-control"] for answer in answers]
    assert kept == ["no-store"] * 3 + ["public, max-age=31536000, immutable"] + ["no-store"] * 2


def test_pages_load_only_files_that_are_there(mine: Voter) -> None:
    loaded = re.findall(r'(?:src|href)="(static/[^"]*)"', mine.page)
    assert len(loaded) == 3
    for path in loaded:
        assert mine.client.get(f"/{path}").status_code == 200
    assert not re.search(r"<script(?! src=)|<style| style=| on[a-z]+=", mine.page)


def test_the_cookie_is_for_this_site_and_no_script(app: Starlette) -> None:
    plain = browser(app).post("/start", data={"token": ""}, headers=OWN, follow_redirects=False)
    cookie = plain.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    secure = TestClient(app, base_url="https://127.0.0.1:8080")
    origin = {"origin": "https://127.0.0.1:8080"}
    answer = secure.post("/start", data={"token": ""}, headers=origin, follow_redirects=False)
    assert "secure" in answer.headers["set-cookie"].lower()


def test_what_is_stored_names_nobody(tmp_path: Path, store: Store, mine: Voter) -> None:
    mine.vote("a")
    (secret,) = mine.client.cookies.values()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.encode() not in content
    assert b"testclient" not in content  # the address that the client has


def test_starting_twice_is_starting_once(store: Store, mine: Voter) -> None:
    before = dict(mine.client.cookies), mine.ticket
    mine.start()
    assert (dict(mine.client.cookies), mine.ticket) == before


# What is refused


def test_a_vote_that_is_sent_again(store: Store, mine: Voter) -> None:
    form = {"ticket": mine.ticket, "choice": "a"}
    mine.vote("a")
    before = stored(store)
    for choice in "abtn":
        page = mine.post("vote", form | {"choice": choice}, expect=409)
        assert "You have voted on this pair already." in page
    assert stored(store) == before


def test_votes_in_another_order(store: Store, mine: Voter) -> None:
    first = mine.ticket
    mine.vote("a")
    second = mine.ticket
    mine.undo()  # the first pair again, by another ticket
    for ticket in (second, first):
        mine.post("vote", {"ticket": ticket, "choice": "b"}, expect=403)
    assert stored(store) == []


@pytest.mark.parametrize("ticket", ["", "A" * 32, "en_0001", "0", "é\0'\"--", "%s"])
def test_a_vote_on_a_pair_that_was_never_shown(store: Store, mine: Voter, ticket: str) -> None:
    mine.post("vote", {"ticket": ticket, "choice": "a"}, expect=403)
    mine.post("undo", {"ticket": ticket}, expect=403)
    assert stored(store) == []


def test_a_vote_with_a_stolen_form(store: Store, app: Starlette, mine: Voter) -> None:
    thief = voter(app)
    thief.post("vote", {"ticket": mine.ticket, "choice": "b"}, expect=403)
    nobody = Voter(browser(app))
    nobody.post("vote", {"ticket": mine.ticket, "choice": "b"}, expect=403)
    assert stored(store) == []
    mine.vote("a")
    thief.post("undo", {"ticket": mine.undo_ticket}, expect=403)
    assert [choice for _, choice in stored(store)] == ["a"]


def test_a_vote_with_a_made_up_cookie(store: Store, app: Starlette, mine: Voter) -> None:
    ((name, _),) = mine.client.cookies.items()
    for value in ("x", "x" * 43, "", stored_voter(store, mine)):
        fake = Voter(browser(app))
        fake.client.cookies.set(name, value)
        assert "Start voting" in fake.look()
        fake.post("vote", {"ticket": mine.ticket, "choice": "b"}, expect=403)
    mine.vote("a")


def stored_voter(store: Store, mine: Voter) -> str:
    """The name by which exported votes call a voter, who takes the vote back again."""
    mine.vote("t")
    ((name, _),) = stored(store)
    mine.undo()
    return name


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:8081"},
        {"origin": "http://127.0.0.1:8080.evil.example"},
        {"origin": ADDRESS, "sec-fetch-site": "cross-site"},
        {"origin": ADDRESS, "sec-fetch-site": "same-site"},
        {"origin": ADDRESS, "sec-fetch-site": "none"},
        {"sec-fetch-site": ""},
    ],
)
def test_forms_from_elsewhere(store: Store, mine: Voter, headers: dict[str, str]) -> None:
    mine.vote("a")
    forms = {
        "start": {"token": ""},
        "vote": {"ticket": mine.ticket, "choice": "b"},
        "undo": {"ticket": mine.undo_ticket},
    }
    for path, form in forms.items():
        answer = mine.client.post(f"/{path}", data=form, headers=headers)
        assert answer.status_code == 403
        assert "does not come from this page" in answer.text
    assert [choice for _, choice in stored(store)] == ["a"]


def test_browsers_that_tell_where_a_form_comes_from_need_no_origin(mine: Voter) -> None:
    form = {"ticket": mine.ticket, "choice": "b"}
    proxied = {"sec-fetch-site": "same-origin", "origin": "https://vote.example"}
    assert mine.client.post("/vote", data=form, headers=proxied).status_code == 200


def test_votes_by_link(store: Store, mine: Voter) -> None:
    for path in ("vote", "undo", "start"):
        answer = mine.client.get(f"/{path}?ticket={mine.ticket}&choice=a")
        assert answer.status_code == 405
    assert stored(store) == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/x-www-form-urlencoded", 400),
        (b"ticket={}", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=A", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=ab", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=left", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=a&choice=a", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=a&system=ada", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&ticket={}&choice=a", "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=%ff", "application/x-www-form-urlencoded", 400),
        ("ticket={}&choice=á".encode(), "application/x-www-form-urlencoded", 400),
        (b"ticket={}&choice=a&" + b"x" * 5000, "application/x-www-form-urlencoded", 413),
        (b'{"ticket": "{}", "choice": "a"}', "application/json", 415),
        (b"ticket={}&choice=a", "text/plain", 415),
        (b"ticket={}&choice=a", "multipart/form-data; boundary=x", 415),
        (b"ticket={}&choice=a", "", 415),
        (b"ticket={}&choice=a", "Application/X-WWW-Form-Urlencoded; charset=utf-8", 200),
    ],
)
def test_malformed_forms(store: Store, mine: Voter, body: bytes, kind: str, status: int) -> None:
    content = body.replace(b"{}", mine.ticket.encode())
    answer = mine.client.post("/vote", content=content, headers=OWN | {"content-type": kind})
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert len(stored(store)) == (status == 200)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_fuzzed_forms_are_refused_and_change_nothing(
    store: Store, mine: Voter, data: st.DataObject
) -> None:
    part = st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                *[b"ticket=", b"choice=", b"&", b"=", b";", b"%00", b"%", b"a", b"token="],
                *[b"\xff", b"%f0%9f%98%80", b"%ed%a0%80", b"[]", b"\r\n\r\n", b"+"],
            ]
        ),
    )
    body = b"".join(data.draw(st.lists(part, max_size=12)))
    path = data.draw(st.sampled_from(["vote", "undo", "start"]))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = mine.client.post(f"/{path}", content=body, headers=OWN | kind)
    started = path == "start" and answer.status_code == 200  # an empty token is none
    assert started or answer.status_code in {400, 403}
    assert stored(store) == []


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(query=st.text(st.characters(codec="utf-8"), max_size=30), cookie=st.binary(max_size=30))
def test_fuzzed_addresses_and_cookies_are_answered(
    app: Starlette, mine: Voter, query: str, cookie: bytes
) -> None:
    visitor = browser(app)
    ((name, _),) = mine.client.cookies.items()
    value = bytes(byte for byte in cookie if byte not in b"\r\n\0")
    header = {b"cookie": name.encode() + b"=" + value}
    for path in ("/", "/leaderboard"):
        answer = visitor.get(path, params={"task": query, "token": query}, headers=header)
        assert answer.status_code == 200
        assert "Start voting" in answer.text


@pytest.mark.parametrize("path", ["%2e%2e%2fapp.py", "..%5capp.py", "arena.css/", "x", ""])
def test_no_other_file_is_served(app: Starlette, path: str) -> None:
    assert browser(app).get(f"/static/{path}").status_code == 404


def test_a_voter_who_is_too_fast(store: Store) -> None:
    now = 0.0
    limiter = Limiter(burst=2, per_second=0.5, clock=lambda: now)
    app = application(small(), store, limiter=limiter)
    mine, other = voter(app), voter(app)
    mine.vote("a")
    mine.vote("b")
    form = {"ticket": mine.ticket, "choice": "t"}
    answer = mine.client.post("/vote", data=form, headers=OWN)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert "too fast to have read both jokes" in answer.text
    other.vote("a")
    assert len(stored(store)) == 3
    now = 2.0
    mine.post("vote", form)
    assert len(stored(store)) == 4


# Who may come in


def test_a_token_opens_the_door(store: Store) -> None:
    app = application(small(), store, token=TOKEN)
    guest = Voter(browser(app))
    page = guest.look()
    assert "Access token" in page
    assert "en_000" not in page
    for wrong in ("", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "é"):
        assert "That is not the access token." in guest.post("start", {"token": wrong}, expect=403)
    assert not guest.client.cookies
    assert "en_000" not in guest.look("leaderboard")
    assert len(guest.start(TOKEN).jokes) == 2
    guest.vote("a")
    assert len(stored(store)) == 1


def test_a_token_may_come_with_the_address(store: Store) -> None:
    app = application(small(), store, token=TOKEN)
    page = browser(app).get("/", params={"token": TOKEN}).text
    assert f'<input type="hidden" name="token" value="{TOKEN}">' in page
    page = browser(app).get("/", params={"token": '"><script>'}).text
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *[("127.0.0.1", 200), ("127.0.0.1:8080", 200), ("localhost:80", 200), ("[::1]:80", 200)],
        *[("[::1]", 200), ("evil.example", 421), ("127.0.0.1.evil.example:8080", 421)],
        *[("", 421), ("localhost:x", 421), ("10.0.0.5:8080", 421), ("evil.example:127.0.0.1", 421)],
    ],
)
def test_without_a_token_only_this_machine_is_answered(
    store: Store, host: str, status: int
) -> None:
    header = {"host": host}
    assert browser(application(small(), store)).get("/", headers=header).status_code == status
    with_token = browser(application(small(), store, token=TOKEN))
    assert with_token.get("/", headers=header).status_code == 200


# When the votes cannot be stored


def test_a_vote_that_cannot_be_stored_says_so_and_can_be_given_again(
    store: Store, mine: Voter
) -> None:
    pages = store.file.all("PRAGMA page_count")[0][0]
    store.file.all(f"PRAGMA max_page_count = {pages}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("semeval_humor.arena.store._now", lambda: "x" * 10**6)  # fills the disk
        answer = mine.client.post("/vote", data={"ticket": mine.ticket, "choice": "a"}, headers=OWN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "is not stored: try again" in answer.text
    assert stored(store) == []
    mine.vote("b")
    assert [choice for _, choice in stored(store)] == ["b"]


def test_votes_that_others_add_are_heeded(tmp_path: Path, store: Store) -> None:
    mine = voter(application(small(2, ["ada", "bob"]), store))
    mine.vote("a")
    with opened(tmp_path) as other:
        other.admit("x")
        other.vote("x", other.show("x", "a-en", Pair("en_0001", "ada", "bob")).ticket, Choice.LEFT)
    assert "1 pair judged by you; 2 votes by all." in mine.look()
