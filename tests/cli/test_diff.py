"""``diff`` as people and scripts see it."""

import json
from pathlib import Path
from typing import Any

import pytest

from semeval_humor.cli.main import main
from tests.diff.stored import write
from tests.diff.training import scale_b, write_log
from tests.tiny_model import save_adapter, save_model

Q, EMBED = "model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight"
WEIGHTS = {EMBED: [[1.0, 2.0]], Q: [[3.0, 4.0]]}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write(tmp_path / "base", WEIGHTS)


def test_a_change_for_people(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(tmp_path / "other", {EMBED: [[1.0, 2.0]], Q: [[3.0, 5.0]], "v_head.weight": [0]})
    assert main(["diff", str(base), str(other)]) == 0
    out, errors = capsys.readouterr()
    assert errors == ""
    lines = [line.rstrip() for line in out.splitlines() if line.strip()]
    assert lines[0] == "changed: 1 of 2 tensors, and 1 of 4 values (25 %)"
    assert lines[1].endswith("tensors   changed   values   changed   ‖Δ‖/‖W‖   max |Δ|")
    assert lines[3].split() == ["embeddings", "1", "0", "2", "0", "%", "0", "0"]
    assert lines[4].split() == ["attention", "1", "1", "2", "50", "%", "0.2", "1"]  # 1 of √25
    assert lines[5] == "extra (1): v_head.weight"


def test_the_json_document(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = write(tmp_path / "other", {Q: [[3.0, 4.0]]})
    write_log(other, [{"learning_rate": 0.0, "grad_norm": 2.5}])
    assert main(["diff", str(base), str(other), "--json"]) == 1
    out, errors = capsys.readouterr()
    group = {"name": "attention", "tensors": 1, "tensors_changed": 0, "values": 2}
    assert json.loads(out) == {
        "verdict": "identical",
        "groups": [{**group, "values_changed": 0, "relative_l2": 0.0, "max_abs": 0.0}],
        "missing": [EMBED],
        "extra": [],
        "probe": None,
    }
    assert errors.startswith("likely cause: the learning rate was 0 in each of 1 logged steps")


@pytest.mark.parametrize(
    ("weights", "dtype", "code", "line"),
    [
        (WEIGHTS, "F32", 1, "identical: none of 4 values in 2 tensors differs"),
        (WEIGHTS, "F16", 1, "identical: none of 4 values in 2 tensors differs"),
        (
            {EMBED: [[1.0, 2.0]], Q: [[3.0 + 2**-9, 4.0]]},
            "F32",
            1,
            "within-rounding: 1 of 4 values differ, none by more than the cast",
        ),
        (
            {EMBED: [[1.0, 2.0, 3.0]], Q: [[3.0, 4.0]]},
            "F32",
            2,
            "incompatible: 1 weight of another shape",
        ),
        ({"x": [1.0]}, "F32", 2, "incompatible: no common weight"),
    ],
)
def test_verdicts_and_exit_codes(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    weights: dict[str, Any],
    dtype: str,
    code: int,
    line: str,
) -> None:
    half = write(tmp_path / "half", WEIGHTS, "BF16")
    other = write(tmp_path / "other", weights, dtype)
    assert main(["diff", str(half), str(other)]) == code
    assert capsys.readouterr().out.startswith(line)
    assert main(["diff", str(half), str(other), "--json"]) == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "BASE"], "nowhere: unknown model; expected one of"),
        (["BASE", "./nowhere"], "./nowhere: no such directory"),
        (["BASE", "BASE", "--engine", "vllm"], "are for --probe; add it"),
        (["BASE", "BASE", "--base-url", "http://127.0.0.1:9"], "are for --probe; add it"),
        (["BASE", "BASE", "--probe"], "base: found no config.json"),
        (["BASE"], "Missing argument 'CHECKPOINT'"),
    ],
)
def test_bad_usage(
    base: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    filled = [str(base) if argument == "BASE" else argument for argument in arguments]
    assert main(["diff", *filled]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert message in errors
    assert errors.count("\n") == 1


@pytest.mark.filterwarnings("ignore")  # of peft
def test_probes_of_a_tiny_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semeval_humor.inference.probe.MAX_TOKENS", 3)
    tiny = save_model(tmp_path / "tiny", context=1024)
    adapter = save_adapter(tmp_path / "adapter", tiny)
    assert main(["diff", tiny.path, str(adapter), "--probe"]) == 0
    out, errors = capsys.readouterr()
    assert "changed: 4 of 21 tensors" in out
    assert "probe: different: NLL " in out
    assert errors.count("loading ") == 2
    assert main(["diff", str(adapter), str(adapter), "--probe", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "identical"
    assert found["probe"]["verdict"] == "same"
    assert found["probe"]["outputs"] == 12
    scale_b(adapter, 0)
    assert main(["diff", tiny.path, str(adapter)]) == 1
    out = capsys.readouterr().out
    assert out.startswith("adapter-noop: the adapter adds nothing to any of 41,632 values")
    assert "likely cause: the adapter adds exactly 0" in out


@pytest.mark.filterwarnings("ignore")  # of peft
def test_a_probe_of_a_server_that_serves_the_base(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from semeval_humor.inference import engines

    monkeypatch.setattr("semeval_humor.inference.probe.MAX_TOKENS", 3)
    tiny = save_model(tmp_path / "tiny", context=1024)
    adapter = save_adapter(tmp_path / "adapter", tiny)
    plan = engines.plan_engine

    def server(config: Any) -> engines.EnginePlan:
        if config.engine == "openai":
            assert (config.model, config.base_url) == ("joker", ("http://127.0.0.1:9",))
            config = config.model_copy(
                update={"engine": "transformers", "model": tiny.path, "base_url": ()}
            )
        return plan(config)

    monkeypatch.setattr(engines, "plan_engine", server)
    options = ["--probe", "--base-url", "http://127.0.0.1:9", "--served-model", "joker"]
    assert main(["diff", tiny.path, str(adapter), *options]) == 1
    out = capsys.readouterr().out
    assert out.startswith("changed: ")
    assert "probe: served-is-base: " in out
    assert "it shows 0.00 ± 0.00 of the change from base to checkpoint" in out
    assert "the server answers as the base: start it with the adapter" in out
