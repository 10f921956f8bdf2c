"""Who may do what with machine-learning models: their owners, and staff."""

from gql_api.app.policies import OwnedPolicy
from gql_api.app.registry import models


class MLModelPolicy(OwnedPolicy[models.MLModel]):
    """Owners look after their own."""

    owner = "owner_id"


POLICIES = (MLModelPolicy(),)
"""One per model of the module."""
