"""Interprets `.funcignore` as each deployment tool does; their rules differ from git's.

git, and the GitHub action of Azure Functions: the last matching pattern decides; ignored folders are not
searched. azd: the same, but a pattern with a leading slash and no other slash also matches across folders.
func: matches files only, all patterns from the root of the app and as a prefix of the path; a pattern with an
exclamation mark takes precedence, independent of its position.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

type Reader = Callable[[str, Iterable[str]], set[str]]


def git(ignore_file: str, paths: Iterable[str]) -> set[str]:
    """Return the paths that git does not ignore."""
    patterns = GitIgnoreSpec.from_lines(ignore_file.splitlines())
    return {path for path in paths if not any(patterns.match_file(part) for part in _folders_and_file(path))}


def azd(ignore_file: str, paths: Iterable[str]) -> set[str]:
    """Return the paths that the Azure Developer CLI deploys."""
    patterns = _patterns(ignore_file)
    return {
        path for path in paths if not any(_azd_ignores(patterns, part.rstrip("/")) for part in _folders_and_file(path))
    }


def func(ignore_file: str, paths: Iterable[str]) -> set[str]:
    """Return the paths that Azure Functions Core Tools deploys."""
    patterns = _patterns(ignore_file)
    included = [_prefix(pattern[1:]) for pattern in patterns if pattern.startswith("!")]
    ignored = [_prefix(pattern) for pattern in patterns if not pattern.startswith("!")]
    return {
        path
        for path in paths
        if any(one.match(path) for one in included) or not any(one.match(path) for one in ignored)
    }


def _patterns(ignore_file: str) -> list[str]:
    lines = (line.strip() for line in ignore_file.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _folders_and_file(path: str) -> list[str]:
    """Split `a/b/c` into `a/`, `a/b/`, `a/b/c`."""
    *folders, file = PurePosixPath(path).parts
    return [*accumulate(f"{folder}/" for folder in folders), f"{'/'.join(folders)}/{file}".lstrip("/")]


def _azd_ignores(patterns: Iterable[str], path: str) -> bool:
    ignored = False
    for pattern in patterns:
        if _azd_matches(pattern.removeprefix("!"), path):
            ignored = not pattern.startswith("!")
    return ignored


def _azd_matches(pattern: str, path: str) -> bool:
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


def _prefix(pattern: str) -> re.Pattern[str]:
    expression = re.escape(pattern.removeprefix("/")).replace(r"\*\*", ".+").replace(r"\*", "[^/]+")
    return re.compile(rf"({expression})\b", re.ASCII)
