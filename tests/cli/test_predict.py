"""Bad input: one line on standard error, the right exit code, and nothing half-written."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from semeval_humor.cli.main import main
from semeval_humor.files import sha256_of_file
from semeval_humor.receipt import read_receipt
from semeval_humor.schema import Lang
from semeval_humor.tsv import read_jokes
from tests.inference.fake_engine import FakeEngine, plan_for, sensible

HEADER = "id\tword1\tword2\theadline\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"id\theadline\nen_1\tRain\n",
            ":1: columns: id, headline; expected, divided by tabs: id, word1",
        ),
        (HEADER.encode() + b"en_1\tknit\tsock\tRain\n", ":2: filled in: word1, word2, headline"),
        (HEADER.encode() + b"en_1\t-\t-\t-\n", ":2: filled in: nothing"),
        (HEADER.encode() + b"en_1\tknit\t-\t-\n", ":2: filled in: word1; expected either"),
        (HEADER.encode() + b"en_1\t-\t-\tA\nen_1\t-\t-\tB\n", ":3: id 'en_1' is also on line 2"),
        (HEADER.encode() + "en_1\t-\t-\tCafé\n".encode("cp1252"), ":2: byte 0xe9 is not UTF-8"),
        (HEADER.encode() + b"es_1\t-\t-\tLluvia\n", ":2: id 'es_1' is Spanish"),
        (HEADER.encode() + "zh_1\t-\t-\t下雨\n".encode(), ":2: id 'zh_1' is Chinese"),
        (HEADER.encode(), "no rows below the header"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_bad_task_files(
    content: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "task-a-en.tsv"
    if content is not None:
        path.write_bytes(content)
    out = tmp_path / "out"
    code = main(["predict", "--lang", "en", "--input", str(path), "--out", str(out)])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    assert captured.err.startswith(f"error: {path}")
    assert captured.err.count("\n") == 1
    assert message in captured.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "no-such-model"], "no-such-model: unknown model"),
        (["--model", "Qwen/Qwen3-4B"], "the hub cannot be reached"),
        (["--candidates", "0"], "options: candidates: Input should be greater than or equal to 1"),
        (["--config", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--engine", "openai"], "--engine openai needs --base-url"),
        (
            ["--engine", "vllm", "--base-url", "http://127.0.0.1:1"],
            "--base-url needs --engine openai",
        ),
        (["--prompts", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["--adapter", "nowhere"], "nowhere: no such directory, expected a LoRA adapter"),
        (["--scorer", "judge"], "--scorer judge: unknown; expected rules or a REWARD.toml"),
        (["--scorer", "nowhere.toml"], "nowhere.toml: cannot be read: No such file"),
        (["--lang", "es"], "smollm2-135m speaks en, not es"),
    ],
)
def test_bad_options(
    options: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    code = main(["predict", "--lang", "en", "--out", str(out), *options])
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    (line,) = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert message in line
    assert not out.exists()


def test_a_misspelt_key_of_a_config_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.toml"
    path.write_text('candidate = 4\nlang = "fr"\n', encoding="utf-8")
    assert main(["predict", "--config", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "candidate: no such key, did you mean candidates?" in error
    assert "lang: Input should be 'en', 'es', 'zh' or 'all'" in error


def test_no_server_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--out", str(tmp_path)]
    assert main(["predict", "--lang", "en", *options]) == 3
    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("config", sorted(Path("configs/predict").glob("*.toml")), ids=str)
def test_ready_configs_are_valid(config: Path) -> None:
    from semeval_humor.configs import checked, read_toml
    from semeval_humor.inference.config import PredictConfig

    made = checked(PredictConfig, read_toml(config), str(config))
    assert made.task == "A"


def test_doctor_names_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for what in ("Python", "vllm", "transformers", "smollm2-135m", "gemma3-270m", "predict"):
        assert what in out


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the committed submission, and a reward that prefers short jokes."""
    from semeval_humor.rewards import reward

    class Brief:
        sha256 = "b" * 64
        langs = frozenset(Lang)

        def probabilities(self, texts: Sequence[str]) -> list[float]:
            return [1 / (1 + len(text)) for text in texts]

        def unknown_rates(self, texts: Sequence[str]) -> list[float]:
            return [0.0 for _ in texts]

    def load(path: Path) -> Brief:
        assert path.name == "brief", "no other language is asked for"
        return Brief()

    monkeypatch.setattr(reward, "load_classifier", load)
    folder = tmp_path / "sample"
    shutil.copytree("submissions/sample", folder)
    (tmp_path / "brief.toml").write_text('[classifiers]\nen = "brief"\nzh = "nowhere"\n', "utf-8")
    return folder


def test_select_by_rules_chooses_what_predict_chose(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sample / "task-a-en.tsv"
    before = path.read_bytes()
    assert main(["select", str(sample)]) == 0
    assert path.read_bytes() == before
    told = f"{path} (60 rows; none of them changed, chosen by rules, 1 unresolved)\n"
    assert told in capsys.readouterr().out


def test_select_by_a_reward(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sample / "task-a-en.tsv"
    before = path.read_bytes()
    toml = sample.parent / "brief.toml"
    assert main(["select", str(sample), "--scorer", str(toml)]) == 0
    after = path.read_bytes()
    assert len(after) < len(before)
    changed = len(set(after.splitlines()) - set(before.splitlines()))
    told = f"{path} (60 rows; {changed} of them changed, chosen by {toml}, 1 unresolved)\n"
    assert told in capsys.readouterr().out
    account = read_receipt(sample / "task-a-en.run.json")
    assert account.config["scorer"] == str(toml)
    names = [Path(record.name).name for record in account.inputs[2:]]
    assert names == ["brief.toml", "profiles.toml", "brief"]
    assert [account.inputs[2].sha256, account.inputs[4].sha256] == [
        sha256_of_file(toml),
        "b" * 64,
    ]


def test_select_with_force_replaces_a_file_that_is_damaged(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sample / "task-a-en.tsv"
    first = read_jokes(path)[0].id
    path.write_bytes(f"{first}\tCaf\xe9".encode("latin-1"))
    assert main(["select", str(sample)]) == 2
    assert main(["select", str(sample), "--force"]) == 0
    assert f"{path} (60 rows; 1 of them changed, chosen by rules" in capsys.readouterr().out


def test_predict_says_that_it_chooses_again(
    sample: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_for(FakeEngine(sensible))
    monkeypatch.setattr("semeval_humor.inference.engines.plan_engine", lambda config: plan)
    task, out = sample.parent / "task-a-en.tsv", sample.parent / "out"
    task.write_text(HEADER + "en_1\t-\t-\tRain\nen_2\t-\t-\tSnow\n", encoding="utf-8")
    command = ["predict", "--lang", "en", "--input", str(task), "--out", str(out)]
    assert main(command) == 0
    output, error = capsys.readouterr()
    assert output.startswith(f"{out / 'task-a-en.tsv'} (2 rows)\n")
    assert "chosen" not in error
    toml = sample.parent / "brief.toml"
    assert main([*command, "--scorer", str(toml)]) == 0
    output, error = capsys.readouterr()
    assert output.startswith(f"{out / 'task-a-en.tsv'} (2 rows; ")
    assert f" of them changed, chosen by {toml})\n" in output
    assert error.splitlines()[-1] == (
        f"task-a-en.tsv: everything was there, nothing was sampled; chosen again by {toml}"
    )


def test_a_reward_without_the_language_stops_predict_before_it_samples(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml, out = sample.parent / "brief.toml", sample.parent / "out"
    options = ["--lang", "all", "--scorer", str(toml), "--out", str(out)]
    assert main(["predict", *options]) == 2
    (line,) = [s for s in capsys.readouterr().err.splitlines() if s.startswith("error: ")]
    assert line == f'error: {toml}: no classifier for es; add es = "FOLDER"'
    assert not out.exists()


@pytest.mark.parametrize("scorer", ["jugde", "nowhere.toml"])
def test_select_with_a_misspelt_scorer_is_one_line(
    sample: Path, capsys: pytest.CaptureFixture[str], scorer: str
) -> None:
    assert main(["select", str(sample), "--scorer", scorer]) == 2
    output, error = capsys.readouterr()
    assert (output, error.count("\n")) == ("", 1)
    assert scorer in error


def test_select_without_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "task-a-en.candidates.jsonl"
    assert main(["select", str(path)]) == 2
    assert "no such file" in capsys.readouterr().err
    result = path.with_name("task-a-en.tsv")
    result.touch()
    assert main(["select", str(result)]) == 2
    assert capsys.readouterr().err == (
        f"error: {result}: holds no candidates; "
        "expected a task-….candidates.jsonl that predict made\n"
    )
    path.write_text('{"run": {}}\n', encoding="utf-8")
    assert main(["select", str(tmp_path)]) == 2
    assert "its run is not finished" in capsys.readouterr().err
    assert main(["select", str(result)]) == 2
    assert capsys.readouterr().err == (
        f"error: {result}: holds no candidates; "
        "give task-a-en.candidates.jsonl, which lies beside it\n"
    )
    path.unlink()
    assert main(["select", str(tmp_path)]) == 2
    assert "expected a folder that predict made" in capsys.readouterr().err


def test_a_folder_in_the_place_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "task-a-en.tsv").mkdir()
    for force in ([], ["--force"]):
        assert main(["predict", "--lang", "en", "--out", str(tmp_path), *force]) == 2
        assert "task-a-en.tsv: is a folder" in capsys.readouterr().err
