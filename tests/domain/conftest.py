"""Each test parses selectors anew."""

import pytest

from shared.domain.model.selectors import parse_selectors


@pytest.fixture(autouse=True)
def _nothing_cached() -> None:
    parse_selectors.cache_clear()
