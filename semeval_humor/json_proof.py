"""Proof that an engine keeps to a JSON schema: some servers take one and ignore it."""

import json
import secrets

from semeval_humor.errors import EngineError
from semeval_humor.schema import Engine, Finish, Message, Request, Sampling


def prove_json(engine: Engine, *, chat: bool) -> None:
    """Ask for something else than the schema allows, and see which of the two comes.

    The schema allows a single word, made up for this call, which no model would say by itself.

    Args:
        engine: what is asked.
        chat: the model has a chat template.

    Raises:
        EngineError: the answer is not what the schema allows, or there is none.
    """
    word = f"w{secrets.token_hex(4)}"
    schema = {
        "type": "object",
        "properties": {"word": {"type": "string", "enum": [word]}},
        "required": ["word"],
        "additionalProperties": False,
    }
    question = "Write one sentence about the weather."
    conversation = (Message("user", question),) if chat else f"{question}\n"
    request = Request("json-proof", conversation, json_schema=schema)
    (answer,) = engine.generate([request], Sampling(temperature=0.0, max_tokens=64))
    if answer.finish is Finish.FAILED:
        raise EngineError(f"the engine refuses a JSON schema: {answer.text}")
    try:
        kept = json.loads(answer.text) == {"word": word}
    except ValueError:
        kept = False
    if not kept:
        raise EngineError(
            f"the engine ignores the JSON schema: found {answer.text[:80]!r}, expected "
            f'{{"word": "{word}"}}; use --engine vllm, or a server with structured outputs'
        )
