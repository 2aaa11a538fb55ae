"""Cards of several rewards side by side: what each loses to each family of attacks.

    python benchmarks/peers/redteam.py CARD.redteam.json...    # records them, and prints the table
    python benchmarks/peers/redteam.py --table                 # the table of the last ones

The cards are what ``semeval-humor redteam`` writes; they hold no joke.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semeval_humor import receipt
from semeval_humor.languages import LANGUAGES
from semeval_humor.markdown import table
from semeval_humor.schema import Lang

RESULTS = Path(__file__).parents[1] / "results.jsonl"
BENCHMARK = "peers/redteam"


def whole(cards: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cards of the same reward in several languages, put together."""
    found: dict[str, dict[str, Any]] = {}
    for card in cards:
        first = found.setdefault(card["reward"], {**card, "families": [], "clean": []})
        first["families"] = [*first["families"], *card["families"]]
        first["clean"] = [*first["clean"], *card["clean"]]
        first["passed"] = first["passed"] and card["passed"]
    return list(found.values())


def side_by_side(cards: Sequence[dict[str, Any]]) -> str:
    """A row for each family, a column for each reward, a table for each language."""
    names = [Path(card["reward"]).stem for card in cards]
    parts = []
    for lang in dict.fromkeys(row["lang"] for card in cards for row in card["families"]):
        found = [
            {row["family"]: row for row in card["families"] if row["lang"] == lang}
            for card in cards
        ]
        heads = ["family", "seen in training", "pairs", *(f"{name}: lost" for name in names)]
        heads += [f"{name}: mean gap" for name in names]
        rows = [
            [
                family,
                "no" if first["heldout"] else "yes",
                str(first["pairs"]),
                *(f"{each[family]['lost']:.1%}" for each in found),
                *(f"{each[family]['mean_gap']:.3f}" for each in found),
            ]
            for family, first in found[0].items()
        ]
        clean = [
            next(row["untouched"] for row in card["clean"] if row["lang"] == lang) for card in cards
        ]
        left_alone = ", ".join(
            f"{name} {share:.1%}" for name, share in zip(names, clean, strict=True)
        )
        parts += [
            f"### {LANGUAGES[Lang(lang)].english_name}\n",
            table(heads, rows, align="ll" + "r" * (1 + 2 * len(cards))),
            f"Clean jokes that no gate touches: {left_alone}.\n",
        ]
    verdicts = (
        f"{name} {'passes' if card['passed'] else 'fails'}"
        for name, card in zip(names, cards, strict=True)
    )
    return "\n".join([*parts, f"Verdicts: {', '.join(verdicts)}."])


def main() -> None:
    """Record cards, and print the last ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cards", type=Path, nargs="*", help="JSON files of redteam")
    parser.add_argument("--table", action="store_true", help="print the last result")
    arguments = parser.parse_args()
    if arguments.cards:
        cards = whole([json.loads(path.read_text("utf-8")) for path in arguments.cards])
        record = {
            "benchmark": BENCHMARK,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "versions": receipt.versions(),
            "results": cards,
        }
        with RESULTS.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(record) + "\n")
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    print(side_by_side([each for each in records if each["benchmark"] == BENCHMARK][-1]["results"]))


if __name__ == "__main__":
    main()
