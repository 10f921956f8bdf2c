"""Options of a schema: frozen, with their units."""

from dataclasses import dataclass

from gql_api.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """What a schema allows.

    Raises:
        ConfigurationError: A size is not positive, or the default exceeds the maximum.
    """

    default_page_size: int = 20
    """Rows of a list that asks for neither ``first`` nor ``last``."""

    max_page_size: int = 100
    """Most rows of one page, and most ids of one ``nodes`` field."""

    is_read_only: bool = False
    """Whether the schema leaves out all mutations."""

    def __post_init__(self) -> None:
        """Refuse sizes that cannot work."""
        if not 0 < self.default_page_size <= self.max_page_size:
            message = (
                f"default_page_size is {self.default_page_size} and max_page_size is "
                f"{self.max_page_size}."
            )
            raise ConfigurationError(message, fix="Choose 0 < default_page_size <= max_page_size.")
