"""How each tool that deploys a function app reads `.funcignore`: all of them nearly as git would, and each otherwise.

git, and the GitHub action of Azure Functions: the last pattern that fits decides, and what lies in an ignored
folder is not looked at. azd: likewise, but a pattern without a slash inside also fits across folders where it
begins with one. func: looks at files alone, takes every pattern from the root of the app and for a beginning
of the path, and lets an exclamation mark win wherever it stands.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

type Reader = Callable[[str, Iterable[str]], set[str]]


def git(ignore_file: str, paths: Iterable[str]) -> set[str]:
    """The paths that git would keep."""
    patterns = GitIgnoreSpec.from_lines(ignore_file.splitlines())
    return {path for path in paths if not any(patterns.match_file(part) for part in _folders_and_file(path))}


def azd(ignore_file: str, paths: Iterable[str]) -> set[str]:
    """The paths that the Azure Developer CLI would deploy."""
    patterns = _patterns(ignore_file)
    return {
        path
        for path in paths
        if not any(_azd_ignores(patterns, part.rstrip("/")) for part in _folders_and_file(path))
    }


def func(ignore_file: str, paths: Iterable[str]) -> set[str]:
    """The paths that the Azure Functions Core Tools would deploy."""
    patterns = _patterns(ignore_file)
    kept = [_beginning(pattern[1:]) for pattern in patterns if pattern.startswith("!")]
    left = [_beginning(pattern) for pattern in patterns if not pattern.startswith("!")]
    return {
        path
        for path in paths
        if any(one.match(path) for one in kept) or not any(one.match(path) for one in left)
    }


def _patterns(ignore_file: str) -> list[str]:
    lines = (line.strip() for line in ignore_file.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _folders_and_file(path: str) -> list[str]:
    """`a/b/c` as `a/`, `a/b/`, `a/b/c`."""
    *folders, file = PurePosixPath(path).parts
    return [*accumulate(f"{folder}/" for folder in folders), f"{'/'.join(folders)}/{file}".lstrip("/")]


def _azd_ignores(patterns: Iterable[str], path: str) -> bool:
    decision = False
    for pattern in patterns:
        if _azd_fits(pattern.removeprefix("!"), path):
            decision = not pattern.startswith("!")
    return decision


def _azd_fits(pattern: str, path: str) -> bool:
    anchored, pattern = pattern.startswith("/"), pattern.strip("/")
    if "/" in pattern:
        return _any_depth(pattern.split("/"), path.split("/"))
    return fnmatchcase(path if anchored else path.rpartition("/")[2], pattern)


def _any_depth(pattern: Sequence[str], path: Sequence[str]) -> bool:
    if not pattern:
        return not path
    if pattern[0] == "**":
        return _any_depth(pattern[1:], path) or (bool(path) and _any_depth(pattern, path[1:]))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _any_depth(pattern[1:], path[1:])


def _beginning(pattern: str) -> re.Pattern[str]:
    wild = re.escape(pattern.removeprefix("/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
    return re.compile(rf"({wild})\b", re.ASCII)
