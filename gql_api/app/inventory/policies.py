"""Who may do what with items: their owners, and staff."""

from gql_api.app.inventory import models
from gql_api.app.policies import OwnedPolicy


class ItemPolicy(OwnedPolicy[models.Item]):
    """Owners look after their own."""

    owner = "owner_id"


POLICIES = (ItemPolicy(),)
"""One per model of the module."""
