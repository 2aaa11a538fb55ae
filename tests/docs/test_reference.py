"""The reference says what the source says, and leaves no setting out."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "semeval_humor"
REFERENCE = ROOT / "docs" / "reference"

NOT_BY_PEOPLE = {
    ("Card", "rewards/classifier.py"),  # train reward writes it
    ("RubricTexts", "bench/model_judge.py"),  # no option takes such a file
    ("LabelPrompts", "data/label_prompts.py"),
    ("Example", "data/label_prompts.py"),
}
"""Classes of settings that nobody but this package writes."""


MADE = """
import json, sys
from make_reference import SETTINGS, pages
kinds = [(kind.__name__, kind.__module__) for kind in SETTINGS]
json.dump([pages(), kinds, list(sys.modules)], sys.stdout)
"""


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, str], list[tuple[str, str]], list[str]]:
    """Pages, classes of settings and loaded modules; in a process of its own, narrow terminal.

    In this one, click remembers options that other tests have asked for in other ways.
    """
    done = subprocess.run(
        [sys.executable, "-c", MADE],
        cwd=ROOT / "docs",
        env={**os.environ, "COLUMNS": "40"},
        capture_output=True,
        check=True,
    )
    pages, kinds, modules = json.loads(done.stdout)
    return pages, kinds, modules


@pytest.fixture(scope="module")
def pages(made: tuple[dict[str, str], object, object]) -> dict[str, str]:
    return made[0]


def test_the_reference_is_not_stale(pages: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.iterdir()}
    stale = [name for name in pages | there if pages.get(name) != there.get(name)]
    assert stale == [], "renew the reference: python docs/make_reference.py"


def test_no_library_that_runs_models_was_loaded(made: tuple[object, object, list[str]]) -> None:
    assert {"torch", "transformers", "vllm"}.isdisjoint(made[2])


def test_every_class_of_settings_is_shown(made: tuple[object, list[list[str]], object]) -> None:
    defined = {
        (name, base, str(path.relative_to(PACKAGE)))
        for path in PACKAGE.rglob("*.py")
        for name, base in re.findall(
            r"^class (\w+)\((\w+)\):", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    kinds = {"Settings"}
    while more := {name for name, base, _ in defined if base in kinds} - kinds:
        kinds |= more
    shown = {(name, module.partition(".")[2].replace(".", "/") + ".py") for name, module in made[1]}
    assert {(name, path) for name, base, path in defined if base in kinds} == shown | NOT_BY_PEOPLE


def test_every_setting_has_a_meaning(pages: dict[str, str]) -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", pages["settings.md"], re.MULTILINE)
    assert len(rows) > 150
    assert [name for name, meaning in rows if not meaning] == []


@pytest.mark.parametrize("page", ["commands.md", "settings.md", "python.md"])
def test_links_within_a_page_lead_somewhere(pages: dict[str, str], page: str) -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", pages[page], re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]*)\)", pages[page]))
    assert len(links) > 5
    assert links <= anchors


def test_nothing_of_this_machine_is_in_it(pages: dict[str, str]) -> None:
    for text in pages.values():
        assert str(ROOT) not in text
        assert str(Path.home()) not in text
