"""Samples drawn by a vLLM server, which is given the policy's adapter anew for each step.

The server computes in another way, often in bfloat16, so it draws from slightly other probabilities
than are trained. It says which, and ``experience.py`` weighs tokens accordingly.
"""

import hashlib
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semeval_humor.errors import EngineError
from semeval_humor.schema import Finish
from semeval_humor.training.completions import text_of
from semeval_humor.training.policy import Policy
from semeval_humor.training.ppo.rollout import Asked, Rollout
from semeval_humor.training.ppo.together import wait
from semeval_humor.training.processes import is_main

PATIENCE_S = 600
"""In which a server has to answer."""

_START = (
    "start it with VLLM_ALLOW_RUNTIME_LORA_UPDATING=1 vllm serve MODEL --enable-lora "
    "--max-lora-rank RANK"
)


class RolloutServer:
    """A vLLM server that draws samples of a policy.

    Args:
        url: of the server, without a path.
        folder: where adapters are left for it; a server elsewhere has to see it by the same path.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url.rstrip("/")
        self._folder = folder
        # Several trainings may share a server, and have results of the same name.
        self._run = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        self._name = ""

    def publish(self, policy: Policy, step: int) -> None:
        """Have the server draw from the policy as it is now.

        Args:
            policy: whose adapter is handed over, by the first process.
            step: names it; a server may still know adapters by former names.

        Raises:
            EngineError: the server does not answer, or cannot load the adapter.
            OSError: the folder cannot be written.
        """
        former, self._name = self._name, f"{self._run}-{step}"
        if is_main():
            place = self._folder / self._name
            policy.save(place)
            given = {"lora_name": self._name, "lora_path": str(place.resolve())}
            self._post("load_lora_adapter", {**given, "load_inplace": True})
            if former:
                self._post("unload_lora_adapter", {"lora_name": former})
                shutil.rmtree(self._folder / former)
        wait()

    def draw(self, policy: Policy, asked: Sequence[Asked], *, max_tokens: int) -> list[Rollout]:
        """One completion for each prompt, from the whole distribution at temperature 1.

        Raises:
            EngineError: the server does not answer, or answers otherwise than vLLM does.
        """
        answer = self._post(
            "completions",
            {
                "model": self._name,
                "prompt": [list(each.ids) for each in asked],
                "max_tokens": max_tokens,
                "temperature": 1.0,
                "top_p": 1.0,
                "top_k": 0,
                "min_p": 0.0,
                "repetition_penalty": 1.0,
                "stop_token_ids": sorted(policy.stop_ids),
                "skip_special_tokens": False,
                "logprobs": 0,
                "return_token_ids": True,
            },
        )
        try:
            choices = sorted(answer["choices"], key=lambda choice: int(choice["index"]))
            return [
                _rollout(policy, each, choice["token_ids"], choice["logprobs"]["token_logprobs"])
                for each, choice in zip(asked, choices, strict=True)
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise EngineError(
                f"{self._url}: not an answer of vLLM 0.31 or later: {error!r}"
            ) from error

    def close(self) -> None:
        """Delete the folder; what the server has loaded from it, it keeps."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _post(self, path: str, given: Mapping[str, Any]) -> Any:
        request = urllib.request.Request(
            f"{self._url}/v1/{path}",
            data=json.dumps(given).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as stream:
                content = stream.read()
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:300].strip()
            raise EngineError(f"{request.full_url}: {error.code}: {said}; {_START}") from error
        except OSError as error:  # among them URLError and TimeoutError
            raise EngineError(f"{request.full_url}: no answer ({error}); {_START}") from error
        return json.loads(content) if path == "completions" else None


def _rollout(
    policy: Policy, asked: Asked, ids: Sequence[int], logprobs: Sequence[float]
) -> Rollout:
    if len(ids) != len(logprobs) or not ids:
        raise ValueError(f"{len(ids)} tokens with {len(logprobs)} log-probabilities")
    finish = Finish.STOPPED if ids[-1] in policy.stop_ids else Finish.CUT_OFF
    content = ids[:-1] if finish is Finish.STOPPED else ids
    text = text_of(policy.tokenizer, content, finish)
    return Rollout(asked, tuple(ids), text, finish, tuple(logprobs))
