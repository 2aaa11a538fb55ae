"""Turns the GGUF file of a packaged model into a directory that every engine loads, once."""

import contextlib
import io
import json
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from semeval_humor.errors import ConfigError, HumorError, first_line
from semeval_humor.files import atomic_folder

logger = logging.getLogger(__name__)

ABANDONED_S = 3600
"""Age from which an unfinished conversion counts as left over; a whole one takes a minute."""


def converted(gguf: Callable[[Path], Path], target: Path, *, adds_bos: bool) -> Path:
    """Return ``target``, a directory with safetensors in bfloat16, made now if it is not there.

    It appears whole or not at all: it is made under another name beside its place, and moved.
    Of several processes that do this at a time the first one wins, and all use its result.

    Args:
        gguf: says where the GGUF file is; is given a folder in which it may put it together.
        target: the directory.
        adds_bos: the model expects its text to begin with a BOS token.

    Raises:
        ConfigError: the cache cannot be written, or a library is missing.
        HumorError: the GGUF file cannot be converted.
    """
    if target.is_dir():
        return target
    logger.warning("converting %s once, into %s; takes up to a minute", target.name, target)
    try:
        _remove_abandoned(target)
        with atomic_folder(target) as partial:
            scratch = partial / "gguf"
            _convert(gguf(scratch), partial, adds_bos=adds_bos)
            shutil.rmtree(scratch, ignore_errors=True)
    except ImportError as error:
        raise ConfigError(
            f"{target.name}: converting it needs {error.name}: pip install 'semeval-humor[train]'"
        ) from error
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if target.is_dir():  # another process was faster
            return target
        if isinstance(error, OSError) and error.strerror:  # transformers raises it without a cause
            raise ConfigError(
                f"{target}: cannot be written: {error.strerror}; "
                "set SEMEVAL_HUMOR_CACHE to a folder with 2 GB of free space"
            ) from error
        raise HumorError(f"{target.name}: cannot be converted: {first_line(error)}") from error
    return target


def _convert(gguf: Path, out: Path, *, adds_bos: bool) -> None:
    import torch
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        GenerationConfig,
        GgufConfig,
    )

    # transformers draws bars here that no setting of it turns off.
    with contextlib.redirect_stderr(io.StringIO()):
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent,
            gguf_file=gguf.name,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
        )
        if adds_bos:
            _add_bos(tokenizer)
        # The one that transformers derives from the config lists values that it never read.
        model.generation_config = GenerationConfig(
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        model.save_pretrained(out)
        tokenizer.save_pretrained(out)
    _forget_how_it_was_loaded(out / "tokenizer_config.json")


def _add_bos(tokenizer: Any) -> None:
    # transformers does not read tokenizer.ggml.add_bos_token. Without its BOS token Gemma's
    # perplexity on plain English is 2845 instead of 30.
    from tokenizers.processors import TemplateProcessing

    bos = tokenizer.bos_token
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{bos} $A",
        pair=f"{bos} $A {bos} $B",
        special_tokens=[(bos, tokenizer.bos_token_id)],
    )


def _forget_how_it_was_loaded(path: Path) -> None:
    config = json.loads(path.read_text(encoding="utf-8"))
    for name in ("is_local", "local_files_only"):
        config.pop(name, None)
    path.write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _remove_abandoned(target: Path) -> None:
    for partial in target.parent.glob(f".{target.name}.*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - partial.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(partial, ignore_errors=True)
