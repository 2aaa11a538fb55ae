"""``arena``: votes by people."""

import secrets
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

if TYPE_CHECKING:
    from semeval_humor.arena.contest import Contest
    from semeval_humor.arena.leaderboard import Rater
    from semeval_humor.arena.store import Store
    from semeval_humor.schema import Vote
    from semeval_humor.submission.entries import Entry

SERVE_EXAMPLES = """\b
Examples:
  semeval-humor arena serve submissions/base submissions/ppo --inputs data/dev
  semeval-humor arena serve base.zip ppo.zip --host 0.0.0.0 --votes lab.sqlite --title "Lab night"
"""

EXPORT_EXAMPLES = """\b
Examples:
  semeval-humor arena export votes.sqlite --out votes.jsonl
  semeval-humor arena export votes.sqlite --organisers votes.csv
"""

IMPORT_EXAMPLES = """\b
Examples:
  semeval-humor arena import votes.sqlite colleague.jsonl
  semeval-humor arena import votes.sqlite votes.csv more.csv
"""

SHORTEST_TOKEN = 12
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
EVERYWHERE = frozenset({"0.0.0.0", "::"})
SHUTDOWN_S = 5


@click.group()
def arena() -> None:
    """Let people vote on which of two jokes is funnier."""


@arena.command(epilog=SERVE_EXAMPLES)
@click.argument(
    "submissions", nargs=-1, required=True, metavar="SUBMISSION...", type=click.Path(path_type=Path)
)
@click.option(
    "--inputs",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder with the task's input files.  [default: those that receipts name]",
)
@click.option(
    "--votes",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=Path("votes.sqlite"),
    help="Where votes are kept; what is there is continued.  [default: votes.sqlite]",
)
@click.option(
    "--host", default="127.0.0.1", help="Address to listen on.  [default: 127.0.0.1, this machine]"
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    help="Port; 0 takes one that is free.  [default: 8080]",
)
@click.option(
    "--token",
    help="What voters must know, 12 characters or more.  "
    "[default: none on this machine, else one is made up]",
)
@click.option("--title", default="Funnier?", help="On top of each page.  [default: Funnier?]")
def serve(
    submissions: tuple[Path, ...],
    inputs: Path | None,
    votes: Path,
    host: str,
    port: int,
    token: str | None,
    title: str,
) -> None:
    """Serve a page on which people vote, until it is interrupted.

    SUBMISSION are folders, zips or files of two systems or more. Voters see two jokes for one
    prompt, and not by whom: by mouse, touch or keyboard they say which is funnier. Pairs with few
    votes come first, none twice to the same voter, and identical texts not at all. Every vote is on
    the disk before the page goes on.

    Prints the address to give to voters; with a token it is part of it. Without a token, the page
    answers on this machine only. For others, add --host 0.0.0.0, or a reverse proxy and --token.
    """
    from semeval_humor.arena.store import Store
    from semeval_humor.errors import ConfigError
    from semeval_humor.submission.entries import names_of, read_entries

    if token is None and host not in LOOPBACK:
        token = secrets.token_urlsafe(16)
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ConfigError(f"--token has {len(token)} characters, expected {SHORTEST_TOKEN} or more")
    entries = read_entries(names_of(submissions), inputs)
    contest = _contest(entries)
    with Store(votes, new=True) as store, _listening(host, port) as listening:
        _serve(contest, store, _rater(entries), listening, title=title, token=token, host=host)


@arena.command(epilog=EXPORT_EXAMPLES)
@click.argument("votes", metavar="VOTES", type=click.Path(path_type=Path))
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="JSON Lines, as bench rank and bench run read them; skipped pairs are left out.",
)
@click.option(
    "--organisers",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="CSV with the columns of the organisers, skipped pairs included.",
)
def export(votes: Path, out: Path | None, organisers: Path | None) -> None:
    """Write the votes of a votes file, while it is voted on or after."""
    from semeval_humor.arena.exchange import votes_of, write_organisers
    from semeval_humor.arena.store import Store
    from semeval_humor.errors import ConfigError
    from semeval_humor.votes import write_votes

    if out is None and organisers is None:
        raise ConfigError("nothing to write: give --out or --organisers, or both")
    with Store(votes) as store:
        if out is not None:
            found = votes_of(store)
            write_votes(out, found)
            click.echo(f"{out}: {_many(len(found), 'vote')}")
        if organisers is not None:
            rows = write_organisers(organisers, store)
            click.echo(f"{organisers}: {_many(rows, 'row')}")


@arena.command("import", epilog=IMPORT_EXAMPLES)
@click.argument("votes", metavar="VOTES", type=click.Path(path_type=Path))
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
def import_(votes: Path, files: tuple[Path, ...]) -> None:
    """Add votes from elsewhere to a votes file, even while it is voted on.

    FILE are files of arena export or judge, or in a form of the organisers. All their votes are
    added or, if one is on a prompt or a system that the votes file does not know, none. Votes that
    are there already are counted, but not added again: a voter has one vote on a pair.
    """
    from semeval_humor.arena.exchange import add_votes
    from semeval_humor.arena.store import Store
    from semeval_humor.votes import read_votes

    read = [vote for path in files for vote in read_votes(path)]
    with Store(votes) as store:
        done = add_votes(store, read)
    known = f"; {done.known:,} were there already" if done.known else ""
    apart = f", {done.contradicting:,} of them with another verdict" if done.contradicting else ""
    click.echo(f"{votes}: {_many(done.added, 'vote')} added{known}{apart}")


def _serve(
    contest: "Contest",
    store: "Store",
    rate: "Rater",
    listening: socket.socket,
    *,
    title: str,
    token: str | None,
    host: str,
) -> None:
    from semeval_humor.arena.voting import Voting
    from semeval_humor.errors import ConfigError

    try:
        import uvicorn

        from semeval_humor.arena.app import create_app
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"arena serve needs {error.name}: pip install 'semeval-humor[arena]'"
        ) from error
    voting = Voting(contest, store)
    app = create_app(voting, rate, title=title, token=token)
    prompts, tasks = _many(len(contest.prompts), "prompt"), ", ".join(contest.tasks)
    there = f"{len(store.casts()):,} votes and skips"
    click.echo(
        f"{prompts} with different jokes ({tasks}); {store.file.path} has {there}; end with Ctrl-C",
        err=True,
    )
    click.echo(_address(host, listening.getsockname()[1], token))
    config = uvicorn.Config(
        app,
        access_log=False,  # nobody's address is kept
        log_config=None,
        log_level="warning",
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _contest(entries: "Sequence[Entry]") -> "Contest":
    from semeval_humor.arena.contest import contest
    from semeval_humor.errors import ConfigError

    for entry in entries:
        if not entry.prompts:
            reference = entry.checked.reference.source
            raise ConfigError(
                f"{entry.checked.file}: its prompts are not known: {reference}; "
                "give the folder of the task's input files with --inputs"
            )
    prompts = {id_: prompt for entry in entries for id_, prompt in entry.prompts.items()}
    texts: dict[str, dict[str, str]] = {}
    for entry in entries:
        texts.setdefault(entry.system, {}).update(entry.texts)
    return contest(prompts.values(), texts)


def _rater(entries: "Sequence[Entry]") -> "Rater":
    """Ratings as bench rank gives them for the same votes and systems."""
    from semeval_humor.arena.leaderboard import Lead, Standings
    from semeval_humor.bench.power import gap
    from semeval_humor.bench.ties import with_same_texts
    from semeval_humor.ratings import resample, summary

    def rate(votes: "Sequence[Vote]") -> Standings:
        counted = with_same_texts(votes, entries)
        resampled = resample(counted)
        lead = None
        if len(resampled.systems) > 1:
            first, second = resampled.systems[:2]
            cast = resample(votes, fewest=1) if len(counted) > len(votes) else None
            apart = gap(resampled, first, second, cast)
            lead = Lead(apart.system, apart.other, apart.more_votes)
        return Standings(len(votes), len(counted) - len(votes), summary(resampled), lead)

    return rate


def _listening(host: str, port: int) -> socket.socket:
    from semeval_humor.errors import ConfigError

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ConfigError(f"--host {host} --port {port}: {error.strerror or error}") from error


def _address(host: str, port: int, token: str | None) -> str:
    """What voters open."""
    name = socket.gethostname() if host in EVERYWHERE else host
    inside = f"[{name}]" if ":" in name else name
    return f"http://{inside}:{port}/" + (f"?{urlencode({'token': token})}" if token else "")


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
