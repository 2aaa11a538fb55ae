from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from semeval_humor.metrics.grams import TokenKind, gram_table, token_rows
from semeval_humor.schema import Lang
from semeval_humor.text.tokens import ngrams, tokenize

texts = st.lists(st.text("abc ", max_size=12), max_size=6)


def test_tokens_are_equal_where_their_integers_are() -> None:
    rows = token_rows(["a b", "", "B c"], Lang.EN)
    assert rows.ids_T.tolist() == [0, 1, 1, 2]
    assert rows.lengths_R.tolist() == [2, 0, 2]
    assert rows.kinds == 3
    assert token_rows(["我爱北京"], Lang.ZH).kinds == 4
    assert token_rows(["我爱北京"], Lang.ZH, TokenKind.WORD).kinds == 3


def test_a_table_by_hand() -> None:
    table = gram_table(token_rows(["a a b", "a c c c", "d"], Lang.EN), 1)
    assert table.totals_R.tolist() == [3, 4, 1]
    assert table.private_R.tolist() == [1, 1, 1]  # b | c | d
    assert table.distinct_R.tolist() == [2, 2, 1]
    assert (table.row_E.tolist(), table.gram_E.tolist(), table.count_E.tolist()) == (
        [0, 1],  # a, twice and once
        [0, 0],
        [2, 1],
    )
    assert table.count(np.array([0, 2])) == (3, 4)


@given(texts, st.integers(1, 5), st.data())
def test_counts_are_those_of_counters(texts: list[str], n: int, data: st.DataObject) -> None:
    table = gram_table(token_rows(texts, Lang.EN), n)
    counters = [Counter(ngrams(tokenize(text, Lang.EN), n)) for text in texts]
    assert table.totals_R.tolist() == [counter.total() for counter in counters]
    assert table.distinct_R.tolist() == [len(counter) for counter in counters]
    shared = sorted(
        (row, count)
        for row, counter in enumerate(counters)
        for gram, count in counter.items()
        if sum(gram in other for other in counters) > 1
    )
    assert sorted(zip(table.row_E.tolist(), table.count_E.tolist(), strict=True)) == shared
    rows = data.draw(st.lists(st.sampled_from(range(len(texts))), unique=True)) if texts else []
    chosen = [counters[row] for row in rows]
    assert table.count(np.array(rows, dtype=np.intp)) == (
        len(set().union(*chosen)),
        sum(counter.total() for counter in chosen),
    )
