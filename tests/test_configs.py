"""Config files: what is wrong is told in one line that names every fault."""

from pathlib import Path

import pytest
from pydantic import Field, ValidationError

from semeval_humor.configs import Settings, checked, read_toml
from semeval_humor.errors import ConfigError


class Rates(Settings):
    first: float


class Run(Settings):
    name: str
    steps: int = Field(default=20, ge=1)
    rates: Rates | None = None


@pytest.mark.parametrize(
    "content",
    [
        'name = "chiste 笑话"\n'.encode(),
        'name = "chiste 笑话"\r\n'.encode("utf-8-sig"),  # as Notepad saves it
    ],
)
def test_a_toml_file_becomes_settings(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    assert checked(Run, read_toml(path), str(path)) == Run(name="chiste 笑话", steps=20)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"name = joke\n", "not TOML: Invalid value (at line 1, column 8)"),
        (b'a = 1\nname = "a\nb"\n', "not TOML: Illegal character '\\n' (at line 2, column 10)"),
        ('name = "mañana"'.encode("cp1252"), "not TOML: 'utf-8' codec can't decode byte 0xf1"),
    ],
)
def test_a_file_that_is_no_toml_is_told_in_one_line(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "run.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as failure:
        read_toml(path)
    assert str(failure.value).startswith(f"{path}: {message}")
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("values", "faults"),
    [
        ({"name": "a", "stepps": 3}, "stepps: no such key, did you mean steps?"),
        ({}, "name: is missing"),
        ({"name": "a", "rates": {"first": "much"}}, "rates.first: Input should be a valid number"),
        ({"steps": 0}, "name: is missing; steps: Input should be greater than or equal to 1"),
        (3, "Input should be a valid dictionary"),
    ],
)
def test_every_fault_is_named_in_one_line(values: dict[str, object], faults: str) -> None:
    with pytest.raises(ConfigError) as failure:
        checked(Run, values, "run.toml")
    assert str(failure.value).startswith(f"run.toml: {faults}")
    assert "\n" not in str(failure.value)


def test_settings_never_change() -> None:
    run = Run(name="a")
    with pytest.raises(ValidationError):
        run.name = "b"
