"""Items."""

from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gql_api.app.base import Base, IntegerKey, Timestamps

if TYPE_CHECKING:
    from gql_api.app.accounts.models import User


class Item(IntegerKey, Timestamps, Base):
    """A thing that a user owns."""

    __tablename__ = "items"
    repr_attributes = ("id", "title")

    title: Mapped[str] = mapped_column(
        String(100), index=True, doc="What it is.", info={"gql": {"min_length": 1}}
    )
    description: Mapped[str | None] = mapped_column(Text, doc="Condition, size, history.")
    owner_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True, doc="Number of the owner."
    )

    owner: Mapped["User"] = relationship(back_populates="items", lazy="raise", doc="Who owns it.")
