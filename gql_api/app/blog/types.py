"""Types of the module that differ from what their models say."""

from typing import Annotated

import gql_api as gql
from gql_api.app.blog import models
from gql_api.app.descriptions import argument

_ELLIPSIS = "…"


@gql.type(models.Post, all_fields=True, description=models.Post.__doc__)
class Post:
    """A post, with its beginning for lists."""

    content: gql.auto

    @gql.computed(depends_on=[models.Post.content])
    def excerpt(
        self, length: Annotated[int, argument("Most characters, the ellipsis included.")] = 80
    ) -> str:
        """The beginning of the article on one line, cut between words."""
        return _shortened(" ".join(self.content.split()), length)


def _shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    cut = text[: max(length, 1)].rsplit(" ", 1)[0]
    return cut[: max(length - len(_ELLIPSIS), 0)].rstrip(" .,;:") + _ELLIPSIS


TYPES = (Post,)
"""Declared types of the module."""
