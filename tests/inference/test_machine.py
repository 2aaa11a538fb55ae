from pathlib import Path

import pytest

from semeval_humor.errors import EngineError
from semeval_humor.inference import machine


def test_a_model_that_cannot_fit_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").write_bytes(bytes(3 * 2**20))
    monkeypatch.setattr(machine, "available_memory", lambda: 4 * 2**20)
    machine.check_fits(str(tmp_path))
    with pytest.raises(EngineError, match=r"out of memory: the weights need 0\.0 GiB") as caught:
        machine.check_fits(str(tmp_path), growth=2)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_this_machine() -> None:
    assert machine.cores()
    assert 0 < machine.available_memory() < 2**50
