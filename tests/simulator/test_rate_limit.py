"""The rate limit, with a manual clock."""

import pytest

from simulator.clickhouse.limit import RateLimit, parse_limit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_sliding_window() -> None:
    """No window has more admitted requests than the limit."""
    clock = Clock()
    limit = RateLimit(10, 10, clock)
    admitted = []
    for tenth in range(400):
        clock.now = tenth / 10
        if limit.refuse("key") is None:
            admitted.append(clock.now)
    assert all(later - earlier >= 10 for earlier, later in zip(admitted, admitted[10:], strict=False))
    assert len(admitted) == 40


@pytest.mark.parametrize(("now", "wait"), [(0.0, 10), (0.5, 10), (1.0, 9), (9.5, 1), (9.99, 1), (10.0, None)])
def test_wait(now: float, wait: int | None) -> None:
    """A refusal returns the whole seconds until a request is admitted."""
    clock = Clock()
    limit = RateLimit(1, 10, clock)
    assert limit.refuse("key") is None
    clock.now = now
    assert limit.refuse("key") == wait


def test_refusals_do_not_count() -> None:
    """Refused requests do not delay the next admission."""
    clock = Clock()
    limit = RateLimit(1, 10, clock)
    limit.refuse("key")
    for second in range(1, 10):
        clock.now = float(second)
        assert limit.refuse("key") == 10 - second
    clock.now = 10.0
    assert limit.refuse("key") is None


def test_limit_is_per_key() -> None:
    """Each key has its own limit."""
    limit = RateLimit(1, 10, Clock())
    assert [limit.refuse(key) for key in ("a", "b", "a")] == [None, None, 10]


@pytest.mark.parametrize("text", ["10", "0/10", "10/0", "ten/10", "10/", "-1/10", ""])
def test_bad_limit(text: str) -> None:
    """An invalid rate limit is refused."""
    with pytest.raises(ValueError, match=r".+"):
        parse_limit(text, Clock())


def test_off() -> None:
    """`off` disables the limit."""
    assert parse_limit("off", Clock()) is None
