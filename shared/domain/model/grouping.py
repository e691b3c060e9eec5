"""Grouping of values by key."""

from collections import defaultdict
from collections.abc import Iterable


def grouped[K, V](pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """The values of each key, in order."""
    values: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        values[key].append(value)
    return dict(values)
