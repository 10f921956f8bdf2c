"""Text search: texts whose words are plain, searches of them, and what they match.

Words are runs of the letters a to z. How well a text matches is PostgreSQL's own number, which is
asked for apart from any query of the package; that what does not match counts as 0 is not.
"""

import re
from dataclasses import dataclass

TEXTS = (
    "",
    "fox",
    "Fox red",
    "red fox",
    "red red fox",
    "the red sky and the fox",
    "sky",
    "sky sky sky blue",
    "blue fox under a blue sky",
)


@dataclass(frozen=True)
class Search:
    """A search: one of several alternatives, each of terms that all hold."""

    alternatives: tuple[tuple[str, ...], ...]
    """A term is one word or several in a row; a hyphen in front asks for texts without it."""

    @property
    def text(self) -> str:
        """The search as people write it."""
        return " or ".join(
            " ".join(_written_term(term) for term in terms) for terms in self.alternatives
        )


SEARCHES = (
    Search(()),
    Search((("fox",),)),
    Search((("FOX",),)),
    Search((("red", "fox"),)),
    Search((("fox", "red"),)),
    Search((("red fox",),)),
    Search((("sky sky",),)),
    Search((("fox",), ("sky",))),
    Search((("red", "-sky"),)),
    Search((("-red fox",),)),
    Search((("sky", "blue"), ("red",))),
    Search((("blue",), ("-sky", "fox"))),
    Search((("green",),)),
)
RANKS: dict[tuple[str, str], float] = {}
"""How well PostgreSQL finds that texts match searches that they match."""


def matches(text: str, search: Search) -> bool:
    """Tell whether a text matches; no text matches a search without words."""
    words = re.findall("[a-z]+", text.lower())
    return any(all(_holds(words, term) for term in terms) for terms in search.alternatives)


def rank(text: str | None, search: Search) -> float:
    """Tell how well a text matches: 0 where there is none, or where it does not."""
    return 0.0 if text is None or not matches(text, search) else RANKS[text, search.text]


def _holds(words: list[str], term: str) -> bool:
    wanted = term.removeprefix("-").lower().split()
    starts = range(len(words) - len(wanted) + 1)
    is_there = any(words[start : start + len(wanted)] == wanted for start in starts)
    return is_there is not term.startswith("-")


def _written_term(term: str) -> str:
    sign, words = ("-", term[1:]) if term.startswith("-") else ("", term)
    return f'{sign}"{words}"' if " " in words else f"{sign}{words}"
