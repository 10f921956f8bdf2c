"""Types of the module that differ from what their models say."""

import gql_api as gql
from gql_api.app.accounts import models


@gql.type(models.User, all_fields=True, description=models.User.__doc__)
class User:
    """A user, with a name that is always there."""

    full_name: gql.auto
    username: gql.auto

    @gql.computed(depends_on=[models.User.full_name, models.User.username])
    def display_name(self) -> str:
        """The full name, or the user name where there is none."""
        return str(self.full_name or self.username)


TYPES = (User,)
"""Declared types of the module."""
