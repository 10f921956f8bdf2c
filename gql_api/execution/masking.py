"""Errors of input without the input: a mistyped password is not written into answers and logs.

Names of fields, arguments and types stay; what a caller passed as a value does not.
"""

import re
from collections.abc import Callable

_MOST_READ, _MOST_SHOWN = 5_000, 500
"""Characters of a message that are looked at, and that are told: a name may be very long."""

_VARIABLE = re.compile(
    r"(Variable '\$\w+' has invalid (?:default )?value(?: at [^:]*)?: )(.*)", re.DOTALL
)
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")
_ADVICE = re.compile(r"(\w+) cannot \w+ .*: ((?:pass|add|leave|it) .*)", re.DOTALL)
"""What a scalar says of a value, and its advice at the end."""

_TYPE = r"(Expected value of type '[^']*'"
_FOUND = r"[,;] found: .*"
_KNOWN: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (
        re.compile(rf"{_TYPE}), but encountered error '(.*)'; found: .*", re.DOTALL),
        lambda found: _advice(found[2]) or f"{found[1]}.",
    ),
    (re.compile(rf"{_TYPE} to be an object){_FOUND}", re.DOTALL), r"\1."),
    (re.compile(rf"{_TYPE} to include required field '[^']*'){_FOUND}", re.DOTALL), r"\1."),
    (
        re.compile(
            rf"{_TYPE} not to include unknown field '.*?')"
            r"(?:\.( Did you mean [^?]*\?) Found|, found): .*",
            re.DOTALL,
        ),
        lambda found: f"{found[1]}.{found[2] or ''}",
    ),
    (re.compile(rf"{_TYPE}){_FOUND}", re.DOTALL), r"\1."),
    (re.compile(r"(\w+ cannot represent [\w -]*value): .*", re.DOTALL), r"\1."),
    (
        re.compile(r"Value '.*' does not exist in ('\w+' enum\.(?: Did you mean .*)?)", re.DOTALL),
        r"The value does not exist in \1",
    ),
    (
        re.compile(
            r"(Enum '\w+' cannot represent [\w -]*value): .*?(\.? Did you mean .*)?", re.DOTALL
        ),
        r"\1.",
    ),
    (
        re.compile(
            r"(Syntax Error: .*?(?:found|Unexpected) (?:String|BlockString|Int|Float)) .*",
            re.DOTALL,
        ),
        r"\1.",
    ),
    (_ADVICE, r"\1 cannot represent the value: \2"),
)


def without_values(message: str, *, shows_suggestions: bool = True) -> str:
    """Return a message of graphql-core without the values that it repeats.

    Args:
        message: Of parser, validation or the coercion of variables; a long one is cut.
        shows_suggestions: Whether names of the schema that are alike may be told.
    """
    variable = _VARIABLE.fullmatch(message := message[:_MOST_READ])
    start, reason = ("", message) if variable is None else variable.groups()
    for pattern, replacement in _KNOWN:
        found = pattern.fullmatch(reason)
        if found is not None:
            reason = (
                found.expand(replacement) if isinstance(replacement, str) else replacement(found)
            )
            break
    shown = start + (reason if shows_suggestions else _SUGGESTION.sub("", reason))
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."


def is_about_value(message: str) -> bool:
    """Tell whether a message is that of a value that its scalar could not read."""
    return "but encountered error" in message


def _advice(message: str) -> str | None:
    found = _ADVICE.fullmatch(message)
    return None if found is None else f"{found[1]} cannot represent the value: {found[2]}"
