"""Who may do what with items: their owners, and staff."""

from typing import Any

from typing_extensions import override

import gql_api as gql
from gql_api.app.inventory import models
from gql_api.app.policies import OwnedPolicy, Predicate, own_rows
from gql_api.app.roles import is_staff


class ItemPolicy(OwnedPolicy[models.Item]):
    """Owners look after their own, which nobody else sees but staff."""

    owner = "owner_id"

    @override
    def visible(self, row: Any, subject: gql.SymbolicSubject) -> Predicate:
        return own_rows(row.owner_id, subject, is_exempt=is_staff(subject))


POLICIES = (ItemPolicy(),)
"""One per model of the module."""
