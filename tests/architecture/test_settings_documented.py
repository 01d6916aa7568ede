"""Every setting is explained where whoever runs cardsync looks for it."""

import pytest

from tests.support.needs import REPOSITORY
from webapp.config import Settings

USUAL_NAMES = {
    "database_url": "DATABASE_URL",
    "redis_url": "REDIS_URL",
    "host": "HOST",
    "port": "PORT",
}


@pytest.mark.parametrize("field", Settings.model_fields)
def test_the_setting_is_explained(field: str) -> None:
    name = USUAL_NAMES.get(field, f"CARDSYNC_{field.upper()}")
    text = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"`{name}`" in text
