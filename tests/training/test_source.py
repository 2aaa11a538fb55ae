from pathlib import Path
from typing import Any

import pytest

from semeval_humor.errors import ConfigError
from semeval_humor.models import Model
from semeval_humor.training.source import find_source
from tests.tiny_model import save_adapter, save_model
from tests.training.tiny_policy import settings


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return save_model(tmp_path_factory.mktemp("tiny"), context=256)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "full"}, 'an adapter, and method = "full"; merge it first'),
        ({"lora": {"rank": 8, "base": "bfloat16"}}, "keeps its settings; leave out lora.rank$"),
    ],
)
def test_settings_that_do_not_fit_an_adapter(
    tiny: Model, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    start = save_adapter(tmp_path / "adapter", tiny)
    with pytest.raises(ConfigError, match=message):
        find_source(settings(tmp_path, str(start), **changes))
