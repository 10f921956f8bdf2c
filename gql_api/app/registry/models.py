"""Machine-learning models."""

from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gql_api.app.base import Base, IntegerKey, Timestamps

if TYPE_CHECKING:
    from gql_api.app.accounts.models import User


class MLModel(IntegerKey, Timestamps, Base):
    """A trained machine-learning model."""

    __tablename__ = "ml_models"
    __table_args__ = (
        CheckConstraint("accuracy >= 0 AND accuracy <= 1", name="accuracy_range"),
        IntegerKey.__table_args__,
    )
    repr_attributes = ("id", "name")

    name: Mapped[str] = mapped_column(
        String(255), index=True, doc="What the owner calls it.", info={"gql": {"min_length": 1}}
    )
    framework: Mapped[str] = mapped_column(
        String(50),
        index=True,
        doc="Library it was trained with.",
        info={"gql": {"min_length": 1}},
    )
    accuracy: Mapped[float | None] = mapped_column(
        doc="Share of right answers on unseen data, 0 to 1; null until measured.",
        info={"gql": {"minimum": 0, "maximum": 1}},
    )
    owner_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), index=True, doc="Number of the owner."
    )

    owner: Mapped["User"] = relationship(
        back_populates="ml_models", lazy="raise", doc="Who registered it."
    )
