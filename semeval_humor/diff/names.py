"""Names of tensors: the same weight under its several names, and the part of a model it is in."""

import re

# What wraps a model or a layer while it is trained, and gets into names if it is saved as it is.
WRAPPERS = ("base_layer", "base_model", "module", "_orig_mod", "_fsdp_wrapped_module")

_INNER = frozenset({"base_layer", "_orig_mod", "_fsdp_wrapped_module"})
# Loaders add or leave out the name of the body of a model themselves.
_OUTER = frozenset({"base_model", "module", "model", "transformer", "language_model"})

_GROUPS = {
    "norms": r"norm\d*|\w+_(layer)?norm|\w*layer_?norm|ln_\w+",
    "head": r"lm_head|embed_out|score|classifier|v_head|qa_outputs|pooler|cls",
    "embeddings": r"\w*embed\w*|wte|wpe",
    "attention": r"\w*att(n|ention)\w*|[qkvo]_proj|qkv\w*",
    "mlp": r"mlp|ffn|fc\d|feed_forward|\w*experts?|\w*moe|(gate|up|down)_proj|intermediate|output",
}
_PATTERNS = {
    group: re.compile(rf"(.*\.)?({words})(\..*)?", re.IGNORECASE)
    for group, words in _GROUPS.items()
}

GROUPS = ("embeddings", "attention", "mlp", "norms", "head", "other")
"""Parts of a model, in the order in which they are shown."""


def canonical(name: str) -> str:
    """A tensor's name without wrappers, and without the name of the model's body before it."""
    parts = [part for part in name.split(".") if part not in _INNER]
    while len(parts) > 1 and parts[0] in _OUTER:
        parts = parts[1:]
    return ".".join(parts)


def wrapper_in(name: str) -> str | None:
    """A wrapper whose name is part of a tensor's, if any. No loader knows such a name."""
    parts = name.split(".")
    return next((wrapper for wrapper in WRAPPERS if wrapper in parts), None)


def group_of(name: str) -> str:
    """The part of the model that a canonical name belongs to; see ``GROUPS``."""
    found = (group for group, pattern in _PATTERNS.items() if pattern.fullmatch(name))
    return next(found, "other")
