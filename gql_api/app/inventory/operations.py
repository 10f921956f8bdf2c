"""Items that change hands: all that are asked for, or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import sqlalchemy as sa

import gql_api as gql
from gql_api.app.accounts.models import User
from gql_api.app.descriptions import argument
from gql_api.app.inventory import models
from gql_api.app.roles import is_staff
from gql_api.app.statements import count_written

MAX_TRANSFERRED_ITEMS = 500
"""Most items of one transfer."""


@dataclass(frozen=True, slots=True)
class ItemTransfer:
    """A transfer that took place."""

    giver: User
    receiver: User
    moved: int
    """Number of items that changed hands."""


class InventoryMutations:
    """Operations on items."""

    @gql.mutation
    async def transfer_items(
        self,
        info: gql.Info,
        giver: Annotated[gql.ID, argument("Global id of the owner.", name="from")],
        receiver: Annotated[gql.ID, argument("Global id of the new owner.", name="to")],
        ids: Annotated[
            list[gql.ID], argument(f"Global ids of the items, at most {MAX_TRANSFERRED_ITEMS}.")
        ],
    ) -> ItemTransfer:
        """Give items to another user: all of them, or none. Owners give their own, staff any."""
        from_id = info.context.key_of(User, giver)
        to_id = info.context.key_of(User, receiver)
        item_ids = [info.context.key_of(models.Item, each) for each in ids]
        _check_request(info.context.subject, from_id, to_id, item_ids)
        await _check_users(info, from_id, to_id)
        await _check_items(info, from_id, item_ids)
        update = (
            sa.update(models.Item)
            .where(models.Item.id.in_(set(item_ids)), models.Item.owner_id == from_id)
            .values(owner_id=to_id)
        )
        moved = await count_written(info.context.session, update)
        return ItemTransfer(User(id=from_id), User(id=to_id), moved)


def _check_request(subject: gql.Subject, from_id: int, to_id: int, item_ids: Sequence[int]) -> None:
    """Refuse what needs no look at the data."""
    refused: list[gql.WriteError] = []
    if from_id != subject.user_id and not is_staff(subject):
        message = "You may only give away items of your own."
        refused.append(gql.ForbiddenError(message, path=("from",)))
    if from_id == to_id:
        message = "from and to are the same User."
        refused.append(gql.ValidationError(message, path=("to",)))
    if not item_ids:
        refused.append(gql.ValidationError("ids is empty.", path=("ids",)))
    if len(item_ids) > MAX_TRANSFERRED_ITEMS:
        message = f"ids has {len(item_ids)} items; at most {MAX_TRANSFERRED_ITEMS} go at once."
        refused.append(gql.ValidationError(message, path=("ids",)))
    gql.refuse_any(refused)


async def _check_users(info: gql.Info, from_id: int, to_id: int) -> None:
    """Refuse users who do not exist; those who do stay until the end."""
    statement = (
        sa.select(User.id)
        .where(User.id.in_((from_id, to_id)))
        .order_by(User.id)
        .with_for_update(read=True, key_share=True)
    )
    found = set(await info.context.session.scalars(statement))
    refused = [
        gql.NotFoundError("There is no such User.", path=(name,))
        for name, user_id in (("from", from_id), ("to", to_id))
        if user_id not in found
    ]
    gql.refuse_any(refused)


async def _check_items(info: gql.Info, from_id: int, item_ids: Sequence[int]) -> None:
    """Lock the items, in the order of their keys; refuse those that the giver does not own.

    Those of others do not exist for who is not of the staff, and are not waited for.
    """
    statement = (
        sa.select(models.Item.id, models.Item.owner_id)
        .where(models.Item.id.in_(set(item_ids)))
        .order_by(models.Item.id)
        .with_for_update()
    )
    if not is_staff(info.context.subject):
        statement = statement.where(models.Item.owner_id == from_id)
    owners = dict((await info.context.session.execute(statement)).all())
    refused: list[gql.WriteError] = []
    for position, item_id in enumerate(item_ids):
        path = ("ids", str(position))
        if item_id not in owners:
            refused.append(gql.NotFoundError("There is no such Item.", path=path))
        elif owners[item_id] != from_id:
            message = "This Item belongs to another User."
            refused.append(gql.ForbiddenError(message, path=path))
    gql.refuse_any(refused)
