"""What is voted on: prompts, and what each system wrote for them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from urllib.parse import urlsplit

from semeval_humor.errors import ConfigError, DataError
from semeval_humor.schema import Gif, GifPrompt, Prompt
from semeval_humor.submission.kinds import KINDS, Kind

# What may follow a scheme in a content security policy; other letters could end the rule.
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?")


class Choice(StrEnum):
    """What a voter says of a pair, as the organisers' site writes it."""

    LEFT = "a"
    RIGHT = "b"
    TIE = "t"
    SKIP = "n"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems' jokes for one prompt, side by side."""

    prompt_id: str
    left: str
    right: str

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        """The same whichever side a system stands on."""
        return self.prompt_id, frozenset((self.left, self.right))


@dataclass(frozen=True, slots=True)
class Contest:
    """Prompts on which at least two systems have different jokes.

    Attributes:
        prompts: by id.
        texts: by prompt id, then by system.
        rivals: systems whose joke for a prompt differs from that of another one, by prompt id,
            then by that other system. Those that differ in spaces at their ends are the same.
    """

    prompts: Mapping[str, Prompt]
    texts: Mapping[str, Mapping[str, str]]
    rivals: Mapping[str, Mapping[str, tuple[str, ...]]]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Tasks that there are prompts of, by their :func:`task_name`, in the official order."""
        here = {task_of(prompt) for prompt in self.prompts.values()}
        return tuple(name for kind in KINDS if (name := task_name(kind)) in here)

    @property
    def images(self) -> tuple[str, ...]:
        """Where the GIFs come from: schemes and hosts, sorted."""
        addresses = (_address(prompt) for prompt in self.prompts.values())
        return tuple(sorted({_origin(address) for address in addresses if address}))


def contest(prompts: Iterable[Prompt], texts: Mapping[str, Mapping[str, str]]) -> Contest:
    """What can be voted on; prompts without two different jokes are left out.

    Args:
        prompts: of any number of tasks.
        texts: by system, then by prompt id.

    Raises:
        ConfigError: there are not two systems with different jokes for a prompt.
        DataError: a GIF has no address on the web.
    """
    rivals: dict[str, dict[str, tuple[str, ...]]] = {}
    kept: dict[str, Prompt] = {}
    for prompt in prompts:
        mine = {name: text[prompt.id] for name, text in texts.items() if prompt.id in text}
        against = _rivals(mine)
        if against:
            kept[prompt.id], rivals[prompt.id] = prompt, against
            if (address := _address(prompt)) is not None:
                _origin(address)
    if not kept:
        raise ConfigError(
            f"nothing to vote on: no prompt has different jokes by two of {', '.join(texts) or '–'}"
        )
    by_prompt = {id_: {name: texts[name][id_] for name in rivals[id_]} for id_ in kept}
    return Contest(kept, by_prompt, rivals)


def task_name(kind: Kind) -> str:
    """A task in one language, as in addresses: ``a-en``, ``b1``."""
    return kind.file_name.removeprefix("task-").removesuffix(".tsv")


def task_of(prompt: Prompt) -> str:
    """Name of the task that a prompt belongs to; see :func:`task_name`."""
    return task_name(Kind(prompt.task, prompt.lang))


def _rivals(texts: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for first, second in combinations(texts, 2):
        if texts[first].strip() != texts[second].strip():
            found.setdefault(first, []).append(second)
            found.setdefault(second, []).append(first)
    return {name: tuple(others) for name, others in found.items()}


def _address(prompt: Prompt) -> str | None:
    match prompt.constraint:
        case Gif(url) | GifPrompt(url, _):
            return url
    return None


def _origin(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
        raise DataError(f"GIF at {address!r}, expected an address like https://example.org/a.gif")
    return f"{parts.scheme}://{parts.netloc}"
