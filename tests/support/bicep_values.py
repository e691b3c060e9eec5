"""What the variables of a Bicep file come to for given parameters, for as much of Bicep as infra/ uses.

It is written after https://learn.microsoft.com/azure/azure-resource-manager/bicep/operators and its pages of
functions; what it does not know it refuses.
"""

import hashlib
import json
import operator
import re
from collections import ChainMap
from collections.abc import Callable, Mapping
from typing import Any

from tests.support.bicep import INFRA

_TOKEN = re.compile(
    r"(?P<space>(?:\s|//[^\n]*)+)|(?P<string>'(?:[^'\\$]|\\.|\$(?!\{)|\$\{[^}']*(?:'[^']*'[^}']*)*\})*')"
    r"|(?P<number>\d+)|(?P<name>\w+)|(?P<sign>=>|\?\?|\?\.|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}])"
)
_LEVELS = (("??",), ("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"))
_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
}

type Thunk = Callable[[Mapping[str, Any]], Any]
"""An expression that was parsed; it is given what the names in it stand for."""


def _unique(*values: Any) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:13]


def _union(first: Any, *others: Any) -> Any:
    if isinstance(first, dict):
        return {key: value for each in (first, *others) for key, value in each.items()}
    return list({json.dumps(one): one for each in (first, *others) for one in each}.values())


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "contains": lambda where, what: what in where,
    "empty": lambda value: not value,
    "filter": lambda values, test: [one for one in values if test(one)],
    "first": lambda values: values[0] if values else None,
    "flatten": lambda lists: [one for each in lists for one in each],
    "join": lambda values, between: between.join(values),
    "last": lambda values: values[-1] if values else None,
    "length": len,
    "loadJsonContent": lambda name: json.loads((INFRA / name).read_text()),
    "map": lambda values, change: [change(one) for one in values],
    "split": lambda text, at: text.split(at),
    "take": lambda values, count: values[:count],
    "toLower": str.lower,
    "trim": str.strip,
    "union": _union,
    "uniqueString": _unique,
}


class _Names(Mapping[str, Any]):
    """The names of a file: parameters as given or by default, variables and functions, each worked out once."""

    def __init__(self, texts: Mapping[str, str], given: Mapping[str, Any]) -> None:
        self._texts, self._known = texts, {**FUNCTIONS, **given}

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = parse(self._texts[name])(self)
        return self._known[name]

    def __iter__(self) -> Any:
        return iter({*self._texts, *self._known})

    def __len__(self) -> int:
        return len({*self._texts, *self._known})


def values(template: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The names of a template (see `bicep.Template`) for these parameters."""
    return _Names(template.texts(), given)


def within(names: Mapping[str, Any], name: str, value: Any) -> Mapping[str, Any]:
    """The names with one more, which may hide another."""
    return ChainMap({name: value}, names)  # type: ignore[arg-type]  # nothing is written


def parse(text: str) -> Thunk:
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str, bool]] = []
        position, after_line = 0, False
        while position < len(text):
            found = _TOKEN.match(text, position)
            assert found, f"unknown: {text[position : position + 20]!r}"
            position = found.end()
            if found.lastgroup == "space":
                after_line = after_line or "\n" in found[0]
            else:
                self._tokens.append((str(found.lastgroup), found[0], after_line))
                after_line = False
        self._at = 0

    def whole(self) -> Thunk:
        found = self._expression()
        assert self._at == len(self._tokens), f"left over: {self._tokens[self._at :][:5]}"
        return found

    def _sees(self, *signs: str, ahead: int = 0) -> bool:
        at = self._at + ahead
        return at < len(self._tokens) and self._tokens[at][0] == "sign" and self._tokens[at][1] in signs

    def _takes(self, *signs: str) -> str | None:
        if not self._sees(*signs):
            return None
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _needs(self, sign: str) -> None:
        assert self._takes(sign), f"no {sign} at {self._tokens[self._at :][:3]}"

    def _expression(self) -> Thunk:
        if self._sees("=>", ahead=1):
            name = self._tokens[self._at][1]
            self._at += 2
            body = self._expression()
            return lambda names: lambda value: body(within(names, name, value))
        condition = self._binary(0)
        if not self._takes("?"):
            return condition
        then = self._expression()
        self._needs(":")
        other = self._expression()
        return lambda names: then(names) if condition(names) else other(names)

    def _binary(self, level: int) -> Thunk:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while sign := self._takes(*_LEVELS[level]):
            left = _joined(sign, left, self._binary(level + 1))
        return left

    def _unary(self) -> Thunk:
        if self._takes("!"):
            inner = self._unary()
            return lambda names: not inner(names)
        return self._postfix(self._primary())

    def _postfix(self, value: Thunk) -> Thunk:
        while self._at < len(self._tokens) and not self._tokens[self._at][2]:
            if self._takes("."):
                value = _item(value, _constant(self._tokens[self._at][1]))
                self._at += 1
            elif self._takes("["):
                value = _item(value, self._expression())
                self._needs("]")
            elif self._takes("("):
                value = _call(value, self._list(")"))
            else:
                break
        return value

    def _list(self, end: str) -> list[Thunk]:
        found = []
        while not self._takes(end):
            found.append(self._expression())
            self._takes(",")
        return found

    def _object(self) -> Thunk:
        pairs: list[tuple[str, Thunk]] = []
        while not self._takes("}"):
            key = self._tokens[self._at][1].strip("'")
            self._at += 1
            self._needs(":")
            pairs.append((key, self._expression()))
            self._takes(",")
        return lambda names: {key: value(names) for key, value in pairs}

    def _primary(self) -> Thunk:
        if self._takes("("):
            inner = self._expression()
            self._needs(")")
            return inner
        if self._takes("["):
            items = self._list("]")
            return lambda names: [one(names) for one in items]
        if self._takes("{"):
            return self._object()
        kind, text, _ = self._tokens[self._at]
        self._at += 1
        if kind == "string":
            return _string(text[1:-1])
        if kind == "number":
            return _constant(int(text))
        assert kind == "name", f"unexpected: {text}"
        known = {"true": True, "false": False, "null": None}
        return _constant(known[text]) if text in known else lambda names: names[text]


def _constant(value: Any) -> Thunk:
    return lambda _: value


def _joined(sign: str, left: Thunk, right: Thunk) -> Thunk:
    match sign:
        case "??":
            return lambda names: right(names) if (found := left(names)) is None else found
        case "||":
            return lambda names: left(names) or right(names)
        case "&&":
            return lambda names: left(names) and right(names)
    return lambda names: _OPERATORS[sign](left(names), right(names))


def _item(value: Thunk, key: Thunk) -> Thunk:
    return lambda names: value(names)[key(names)]


def _call(function: Thunk, arguments: list[Thunk]) -> Thunk:
    return lambda names: function(names)(*(one(names) for one in arguments))


def _string(text: str) -> Thunk:
    parts = re.split(r"\$\{([^}]*)\}", text)
    thunks = [parse(part) if index % 2 else _constant(part) for index, part in enumerate(parts)]
    return lambda names: "".join(str(one(names)) for one in thunks)
