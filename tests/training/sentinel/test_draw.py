import pytest

from semeval_humor.training.sentinel.draw import Draw

torch = pytest.importorskip("torch")


def test_tokens_are_drawn_as_probable_as_they_are() -> None:
    rows, logits = 4000, torch.tensor([0.5, 0.3, 0.2, 0.0]).log()
    draw = Draw(torch.Generator().manual_seed(0), temperature=1.0)
    chosen = draw(torch.zeros(rows, 1), logits.expand(rows, 4)).argmax(dim=-1)
    # Four standard deviations of a count of 4000 at a probability of a half are 126.
    counts = torch.bincount(chosen, minlength=4).tolist()
    assert counts == pytest.approx([2000, 1200, 800, 0], abs=126)
    assert counts[3] == 0
    [[entropy], *_] = draw.heard[1]
    # ½ ln 2 + 0.3 ln(1/0.3) + 0.2 ln 5 = 0.34657 + 0.36119 + 0.32189
    assert entropy == pytest.approx(1.02965, abs=1e-5)
