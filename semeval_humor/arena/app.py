"""The voting page as a web application."""

import hashlib
import hmac
import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from semeval_humor.arena.contest import Choice
from semeval_humor.arena.guards import Guard, Limiter, is_from_own_page, read_form
from semeval_humor.arena.leaderboard import Keeper, Rater
from semeval_humor.arena.pages import Pages, assets
from semeval_humor.arena.store import SpentTicketError, TicketError
from semeval_humor.arena.voting import Voting
from semeval_humor.arena.worker import Worker
from semeval_humor.errors import HumorError

_COOKIE_S = 180 * 24 * 3600  # people come back
_RETRY_S = 5

_log = logging.getLogger(__name__)


def create_app(
    voting: Voting,
    rate: Rater,
    *,
    title: str,
    token: str | None,
    limiter: Limiter | None = None,
) -> Starlette:
    """The application.

    Args:
        voting: what is voted on, and the votes.
        rate: says what votes mean, for the leaderboard.
        title: on top of each page.
        token: what people must know to get in. Without one, it answers only to the names of this
            machine, so that no other site can reach it under a name of its own.
        limiter: of the forms that a voter sends.
    """
    pages = Pages(title, voting.contest)
    worker = Worker()
    keeper = Keeper(voting.store, worker, rate)
    site = _Site(voting, worker, keeper, pages, token, limiter or Limiter())
    guard = Middleware(Guard, policy=_policy(voting.contest.images), only_loopback=token is None)
    app = Starlette(
        routes=[
            Route("/", site.home),
            Route("/start", site.start, methods=["POST"]),
            Route("/vote", site.vote, methods=["POST"]),
            Route("/undo", site.undo, methods=["POST"]),
            Route("/leaderboard", site.leaderboard),
            Route("/static/{name}", _static),
        ],
        middleware=[guard],
        exception_handlers={
            HTTPException: site.refused,
            TicketError: site.no_ticket,
            HumorError: site.failed,
            ClientDisconnect: _gone,
        },
    )
    app.router.redirect_slashes = False  # it would send browsers to whatever Host says
    return app


class _Site:
    """What is answered at each address."""

    def __init__(
        self,
        voting: Voting,
        worker: Worker,
        keeper: Keeper,
        pages: Pages,
        token: str | None,
        limiter: Limiter,
    ) -> None:
        self._voting, self._worker, self._keeper = voting, worker, keeper
        self._pages, self._token, self._limiter = pages, token, limiter
        # Browsers give cookies to all ports of a machine: each votes file has its own.
        path = str(voting.store.file.path.resolve())
        self._cookie = f"arena-{hashlib.sha256(path.encode()).hexdigest()[:8]}"

    async def home(self, request: Request) -> Response:
        voter = await self._voter(request)
        if voter is None:
            offered = request.query_params.get("token")
            return HTMLResponse(self._pages.start(token=offered, asked=self._token is not None))
        tasks = self._voting.contest.tasks
        task = request.query_params.get("task", tasks[0] if len(tasks) == 1 else None)
        if task is None:
            return HTMLResponse(self._pages.choose())
        if task not in tasks:
            raise HTTPException(HTTPStatus.NOT_FOUND, "There are no jokes of this task.")
        ballot = await self._worker(lambda: self._voting.ballot(voter, task))
        return HTMLResponse(self._pages.vote(task, ballot))

    async def start(self, request: Request) -> Response:
        _check_origin(request)
        form = await read_form(request, ["token"])
        if await self._voter(request) is not None:
            return _see("./")
        if self._token is not None and not _same(form["token"], self._token):
            page = self._pages.start(token=None, asked=True, wrong=True)
            return HTMLResponse(page, HTTPStatus.FORBIDDEN)
        secret = await self._worker(self._voting.admit)
        response = _see("./")
        # Strict: no other site can make a browser send it, not even by a link to this one.
        response.set_cookie(
            self._cookie,
            secret,
            max_age=_COOKIE_S,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def vote(self, request: Request) -> Response:
        voter = await self._sender(request)
        form = await read_form(request, ["ticket", "choice"])
        if form["choice"] not in tuple(Choice):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "This is no vote.")
        choice = Choice(form["choice"])
        task = await self._worker(lambda: self._voting.vote(voter, form["ticket"], choice))
        return _see(f"./?task={task}")

    async def undo(self, request: Request) -> Response:
        voter = await self._sender(request)
        form = await read_form(request, ["ticket"])
        task = await self._worker(lambda: self._voting.undo(voter, form["ticket"]))
        return _see(f"./?task={task}")

    async def leaderboard(self, request: Request) -> Response:
        if await self._voter(request) is None:
            return _see("./")
        return HTMLResponse(self._pages.leaderboard(await self._keeper.leaderboard()))

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        status = HTTPStatus(error.status_code)
        words = error.detail if error.detail != status.phrase else "There is nothing here."
        return self._message("That did not work", words, status, error.headers)

    async def no_ticket(self, request: Request, error: Exception) -> Response:
        status = (
            HTTPStatus.CONFLICT if isinstance(error, SpentTicketError) else HTTPStatus.FORBIDDEN
        )
        return self._message("That does not count", f"{str(error).capitalize()}.", status)

    async def failed(self, request: Request, error: Exception) -> Response:
        _log.error("%s", error)
        words = "The votes cannot be reached just now. What you did last is not stored: try again."
        retry = {"Retry-After": str(_RETRY_S)}
        return self._message("Not stored", words, HTTPStatus.SERVICE_UNAVAILABLE, retry)

    async def _voter(self, request: Request) -> str | None:
        secret = request.cookies.get(self._cookie)
        if not secret:
            return None
        return await self._worker(lambda: self._voting.voter(secret))

    async def _sender(self, request: Request) -> str:
        """Who sends a form, if they may."""
        _check_origin(request)
        voter = await self._voter(request)
        if voter is None:
            words = "Your browser did not say who you are: this page needs its cookie."
            raise HTTPException(HTTPStatus.FORBIDDEN, words)
        wait_s = math.ceil(self._limiter.wait_s(voter))
        if wait_s:
            words = f"That was too fast to have read both jokes. Go on in {wait_s} s."
            retry = {"Retry-After": str(wait_s)}
            raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, words, retry)
        return voter

    def _message(
        self, heading: str, words: str, status: HTTPStatus, headers: Mapping[str, str] | None = None
    ) -> Response:
        return HTMLResponse(self._pages.message(heading, words), status, headers)


def _check_origin(request: Request) -> None:
    if not is_from_own_page(request.headers):
        words = "This form does not come from this page, or a proxy changes the header Host."
        raise HTTPException(HTTPStatus.FORBIDDEN, words)


def _policy(images: Sequence[str]) -> str:
    """What a browser may load and do: nothing but this application's own files, and the GIFs."""
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "script-src 'self'",
            " ".join(["img-src 'self'", *images]),
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _same(given: str, token: str) -> bool:
    # In constant time: how long it takes does not tell how much of it is right.
    return hmac.compare_digest(given.encode(), token.encode())


def _see(address: str) -> Response:
    """Answer to a form that was taken: reloading the next page sends nothing again."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


_FILES = assets()


async def _static(request: Request) -> Response:
    asset = _FILES.get(request.path_params["name"])
    if asset is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    # Its address changes with its content.
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(asset.content, media_type=asset.kind, headers=kept)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody is there to read it
