"""What people see of a judge: its card."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from semeval_humor.bench.judge_card import MEASURES, measure_of
from semeval_humor.cli.console import output


def show(card: Mapping[str, Any]) -> None:
    """Print what is known of a judge, then what that means."""
    table = Table(box=None, header_style="dim", pad_edge=False)
    for place, name in enumerate(("", "share", "95 %", "of")):
        table.add_column(name, justify="right" if place else "left", no_wrap=True)
    table.add_column("what it says")
    for name, meaning in MEASURES.items():
        measure = measure_of(card, name)
        if measure is None:
            table.add_row(name, "–", "–", "–", f"not known: {card['reasons'][name]}")
        else:
            interval = f"{measure.low:.3f} – {measure.high:.3f}"
            table.add_row(name, f"{measure.value:.3f}", interval, str(measure.items), meaning)
    out = output()
    out.print(table)
    for sentence in card["says"]:
        out.print(sentence, markup=False)
