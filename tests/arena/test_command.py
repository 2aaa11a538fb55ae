"""``arena`` on the command line."""

import json
import re
import signal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from click.testing import CliRunner

from semeval_humor.arena.contest import Choice, Pair
from semeval_humor.arena.store import Store
from semeval_humor.cli.arena import arena
from semeval_humor.errors import ConfigError, DataError, HumorError
from semeval_humor.schema import Lang, Vote, Winner
from semeval_humor.votes import read_votes, write_votes
from tests.arena.contests import hidden, small
from tests.arena.served import hand_in, serving


def run(*arguments: object) -> str:
    """Output of a command; its error is raised."""
    found = CliRunner().invoke(arena, [str(each) for each in arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.output


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    """A votes file with one vote and one skip."""
    path = tmp_path / "votes.sqlite"
    with Store(path, new=True) as store:
        store.register(small())
        store.admit("v")
        for id_, choice in (("en_0001", Choice.RIGHT), ("en_0002", Choice.SKIP)):
            store.vote("v", store.show("v", "a-en", Pair(id_, "ada", "bob")).ticket, choice)
    return path


def test_export(votes: Path, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "votes.jsonl", tmp_path / "votes.csv"
    told = run("export", votes, "--out", ours, "--organisers", theirs)
    assert told == f"{ours}: 1 vote\n{theirs}: 2 rows\n"
    expected = [Vote("en_0001", Lang.EN, "ada", "bob", Winner.RIGHT, "v")]
    assert read_votes(ours) == read_votes(theirs) == expected


def test_import(votes: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    new = [
        Vote("en_0001", Lang.EN, "bob", "ada", Winner.RIGHT, "v"),  # there, and otherwise
        Vote("en_0001", Lang.EN, "bob", "ada", Winner.RIGHT, "w"),
        Vote("en_0003", Lang.EN, "cid", "ada", Winner.TIE, "w"),
    ]
    write_votes(path, new)
    told = run("import", votes, path, path)
    assert told == (
        f"{votes}: 2 votes added; 4 were there already, 2 of them with another verdict\n"
    )
    assert run("import", votes, path).startswith(f"{votes}: 0 votes added; 3 were there")
    run("export", votes, "--out", tmp_path / "all.jsonl")
    assert read_votes(tmp_path / "all.jsonl")[1:] == new[1:]


def test_import_of_unknown_votes(votes: Path, tmp_path: Path) -> None:
    path = tmp_path / "more.jsonl"
    write_votes(path, [Vote("en_0001", Lang.EN, "eve", "ada", Winner.TIE, "w")])
    with pytest.raises(DataError, match="no joke of eve"):
        run("import", votes, path)


def test_wrong_calls(votes: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing to write: give --out"):
        run("export", votes)
    with pytest.raises(DataError, match="no such votes file"):
        run("export", tmp_path / "none.sqlite", "--out", tmp_path / "x.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["votes.sqlite"]
    run("export", votes, "--out", tmp_path / "x.jsonl")
    with pytest.raises(DataError, match="no such votes file"):
        run("import", tmp_path / "none.sqlite", tmp_path / "x.jsonl")
    assert not (tmp_path / "none.sqlite").exists()


def test_serve_refuses_what_cannot_be_voted_on(tmp_path: Path) -> None:
    arguments = hand_in(tmp_path, 2, "ada", "bob")
    file = tmp_path / "votes.sqlite"
    for wrong, message in [
        ([arguments[0], *arguments[2:]], "nothing to vote on"),
        (arguments[:2], "its prompts are not known: .*--inputs"),
        ([*arguments, "--token", "short"], "has 5 characters, expected 12"),
        ([*arguments, "--host", "203.0.113.7"], "--host 203.0.113.7 --port 8080: "),
        ([arguments[0], *arguments], "both are called ada"),
    ]:
        with pytest.raises(HumorError, match=message):
            run("serve", *wrong, "--votes", file)
    file.write_text("no votes")
    with pytest.raises(DataError, match="not a votes file"):
        run("serve", *arguments, "--votes", file)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    arguments = hand_in(tmp_path, 1, "ada", "bob")
    with serving(*arguments, "--votes", str(tmp_path / "one.sqlite")) as server:
        port = urlsplit(server.address).port
        with pytest.raises(ConfigError, match="in use"):
            run("serve", *arguments, "--votes", tmp_path / "two.sqlite", "--port", port)


def test_a_vote_from_the_command_line_to_the_export(tmp_path: Path) -> None:
    arguments = hand_in(tmp_path, 2, "ada", "bob")
    file = tmp_path / "votes.sqlite"
    with serving(*arguments, "--votes", str(file), "--title", "Lab & night") as server:
        with httpx.Client(base_url=server.address, follow_redirects=True) as client:
            own = {"origin": server.address.rstrip("/")}
            assert "Lab &amp; night" in client.get("/").text
            page = client.post("/start", data={"token": ""}, headers=own).text
            form = {"ticket": hidden(page, "vote"), "choice": "t"}
            assert client.post("/vote", data=form, headers=own).status_code == 200
            assert "1 vote. Too few to say who leads." in client.get("/leaderboard").text
            assert "server" not in client.get("/").headers
        run("export", file, "--out", tmp_path / "votes.jsonl")  # while it is served
        server.process.send_signal(signal.SIGINT)
        told = server.process.communicate(timeout=20)[1]
    assert "2 prompts with different jokes (a-en)" in told
    assert "127.0.0.1" not in told  # nobody's address
    (vote,) = [json.loads(line) for line in (tmp_path / "votes.jsonl").open(encoding="utf-8")]
    assert vote["winner"] == "tie"
    assert re.fullmatch("[0-9a-f]{32}", vote["voter"])


def test_beyond_this_machine_a_token_is_made_up(tmp_path: Path) -> None:
    arguments = hand_in(tmp_path, 1, "ada", "bob")
    file = tmp_path / "votes.sqlite"
    with serving(*arguments, "--votes", str(file), "--host", "0.0.0.0") as server:
        address = urlsplit(server.address)
        (token,) = parse_qs(address.query)["token"]
        assert len(token) >= 22  # 16 bytes
        base = f"http://127.0.0.1:{address.port}"
        with httpx.Client(base_url=base, follow_redirects=True) as client:
            assert token in client.get("/", params={"token": token}).text
            for given, status in ((token[:-1], 403), (token, 200)):
                answer = client.post("/start", data={"token": given}, headers={"origin": base})
                assert answer.status_code == status
