import pytest

import semeval_humor
from semeval_humor.schema import Lang, ModelIdentity, Receipt, Task
from semeval_humor.submission.kinds import Kind
from semeval_humor.submission.signature import signature
from tests.receipts import RECEIPT, receipt_for


@pytest.mark.parametrize(
    ("task", "lang", "receipt", "middle"),
    [
        (
            Task.A,
            Lang.EN,
            RECEIPT,
            "a-en|n:300|file:12345678|model:tiny|ckpt:aaaaaaaa|adapter:none|seed:7",
        ),
        (
            Task.A,
            Lang.ZH,
            receipt_for(model=ModelIdentity("a|b", adapter="f" * 64)),
            "a-zh|n:300|file:12345678|model:a/b|ckpt:unknown|adapter:ffffffff|seed:7",
        ),
        (Task.B2, Lang.EN, None, "b2|n:300|file:12345678|model:unknown"),
    ],
)
def test_signatures(task: Task, lang: Lang, receipt: Receipt | None, middle: str) -> None:
    line = signature(Kind(task, lang), 300, "123456789abc", receipt)
    assert line == f"mwahaha|{middle}|v:{semeval_humor.__version__}"
