"""The figures of the connection pools, for administrators."""

from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from gql_api.access.subjects import is_administrator
from gql_api.errors import ForbiddenError, UnauthenticatedError
from gql_api.server.answers import json_response, present_exception
from gql_api.server.application import Authenticate
from gql_api.server.session import database_of


def pools_router(authenticate: Authenticate) -> APIRouter:
    """Make the route ``/admin/pool``.

    Args:
        authenticate: Finds out who asks.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/admin/pool")
    async def show_pools(request: Request) -> Response:
        """Answer with the figures of both pools; 401 for anonymous callers, 403 for others."""
        database = database_of(request)
        try:
            subject = await authenticate(request, database)
        except UnauthenticatedError as error:
            return present_exception(request.scope, error)
        if is_administrator(subject):
            return json_response(request.scope, asdict(database.pool_status()))
        if subject.user_id is None:
            unknown = UnauthenticatedError("Sign in as an administrator.")
            return present_exception(request.scope, unknown)
        forbidden = ForbiddenError("Only administrators may see this.")
        return present_exception(request.scope, forbidden)

    return router
