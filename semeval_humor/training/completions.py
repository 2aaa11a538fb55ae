"""What a policy writes, for all who let it write: by which model, and read as which text."""

from collections.abc import Sequence
from typing import Any

from semeval_humor.schema import Finish


def bare(model: Any) -> Any:
    """A model without the adapter around it, whose layers are still inside."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def text_of(tokenizer: Any, ids: Sequence[int], finish: Finish) -> str:
    """The text of a completion's tokens without the end token, as it is rewarded and heard."""
    text = decoded(tokenizer, ids)
    # The last character may have been cut in two.
    return text.strip() if finish is Finish.STOPPED else text.rstrip("\ufffd").strip()


def decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    """Tokens as text, without special ones."""
    text = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text)
