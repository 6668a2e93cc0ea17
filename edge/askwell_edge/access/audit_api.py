"""/API/v3 audit log: who changed what, when, how it was before and how it is after."""

from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import RowMapping
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Instant, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.paging import PAGE, next_page, pack_token, page_size, read_token
from askwell_edge.access.roles import Permission, require


class AuditEntry(Shown):
    """One change; without an operator it was the edge itself or the command line."""

    audit_id: str
    date: Instant
    operator_id: str | None
    action: Annotated[str, Meta(examples=["contact.update"])]
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


async def list_all(call: Call) -> Page[AuditEntry]:
    """GET: the newest changes first; of one object, operator or action, `since` and `until`.

    Brand administrators only.
    """
    require(call.caller, Permission.BRAND_ADMINISTRATOR)
    size, token = page_size(call), read_token(call.query("skipToken"), int, str)
    async with call.reading() as conn:
        rows = await audit.entries(
            conn,
            object_id=call.query("objectId"),
            operator_id=call.query("operatorId"),
            action=call.query("action"),
            since=call.whole("since"),
            until=call.whole("until"),
            before=None if token is None else (token[0], token[1]),
            limit=size,
        )
    last = rows[-1] if len(rows) == size else None
    more = None if last is None else pack_token(last["at"], last["audit_id"])
    return Page(elements=[_shape(row) for row in rows], next_page=next_page(call, more))


def _shape(row: RowMapping) -> AuditEntry:
    same = ("audit_id", "operator_id", "action", "object_id", "before", "after")
    return AuditEntry(date=row["at"], **{name: row[name] for name in same})


FILTERS = ("objectId", "operatorId", "action", "since", "until")
routes: list[BaseRoute] = [
    api("GET", "/audit", "read:operators", list_all, query=(*FILTERS, *PAGE)),
]
