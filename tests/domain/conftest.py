"""Properties are not timed: a busy machine proves nothing. What is parsed is parsed anew in each test."""

import pytest
from hypothesis import settings

from shared.domain.model.selectors import parse_selectors

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    parse_selectors.cache_clear()
