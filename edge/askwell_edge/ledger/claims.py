"""Claims: a slot under the caps is held before an intercept shows (X3).

Check and hold are one write; the lock on the contact makes them one among processes too.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    String,
    Update,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.ledger.rules import allowances, rules_of
from askwell_edge.store.ids import new_id
from askwell_edge.store.locks import hold
from askwell_edge.store.tables import claims
from askwell_runtime.frequency import blocking_rule

LEASE_MS = 60_000
# A page may report a display late; after so long nobody asks for the claim any more.
KEPT_MS = 7 * 24 * 60 * 60 * 1000

Leases = Mapping[tuple[str, str, str], int]

FORGET = delete(claims).where(
    claims.c.contact_id == bindparam("contact"), claims.c.expires_at < bindparam("before")
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who would be shown what, and in which page view."""

    page_view_id: str
    intercept_id: str
    survey_id: str | None
    directory_id: str
    contact_id: str
    claim_id: str | None = None  # where an earlier grant is spoken of


@dataclass(frozen=True, slots=True)
class Granted:
    """The slot is held until `expires_at`, unless it is confirmed or cancelled before."""

    claim_id: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Denied:
    """No slot: `rule_id` is the frequency rule in the way, if it is one."""

    rule_id: str | None


async def claim(
    conn: AsyncConnection, wanted: Wanted, now: int, *, test: bool = False
) -> Granted | Denied:
    """Hold one slot for the contact, or say which rule is in the way.

    The same page view and intercept get the same grant again. A test is judged but holds nothing.
    """
    await hold(conn, claim_names(wanted))
    earlier = await _earlier(conn, wanted)
    if earlier is not None:
        if earlier["contact_id"] != wanted.contact_id:
            return Denied(None)
        if earlier["state"] == "confirmed" or _is_live(earlier, now):
            return Granted(earlier["claim_id"], earlier["expires_at"])
        await conn.execute(delete(claims).where(claims.c.claim_id == earlier["claim_id"]))
    await conn.execute(FORGET, {"contact": wanted.contact_id, "before": now - KEPT_MS})
    rules = await rules_of(conn, wanted.directory_id)
    allows = await allowances(conn, rules, wanted.contact_id, now)
    rule_id = blocking_rule(rules, allows, wanted.survey_id, now)
    if rule_id is not None:
        return Denied(rule_id)
    granted = Granted(new_id("CL"), now + LEASE_MS)
    if not test:
        await conn.execute(insert(claims).values(_row(wanted, granted, now)))
    return granted


def claim_names(wanted: Wanted) -> list[str]:
    """What a claim has to hold: nobody else may count or claim for the contact meanwhile."""
    return [f"touches\x1f{wanted.contact_id}", f"page_view\x1f{wanted.page_view_id}"]


async def confirm_all(conn: AsyncConnection, shown: Sequence[Wanted]) -> None:
    """What was granted is on the screen: from now on a touchpoint counts in the claim's place."""
    if shown:
        await conn.execute(
            _of_page_view(claims.c.state != "confirmed", to="confirmed"), _keys(shown)
        )


async def cancel_all(conn: AsyncConnection, unused: Sequence[Wanted]) -> None:
    """Free the slots that page views hold and did not use; a confirmed one stays."""
    if unused:
        await conn.execute(
            _of_page_view(claims.c.state == "granted", to="cancelled"), _keys(unused)
        )


async def lease_ends(conn: AsyncConnection, page_view_ids: Collection[str]) -> Leases:
    """`{(page_view_id, intercept_id, contact_id): expires_at}` of what these page views claimed."""
    if not page_view_ids:
        return {}
    rows = await conn.execute(select(claims).where(claims.c.page_view_id.in_(page_view_ids)))
    return {(row.page_view_id, row.intercept_id, row.contact_id): row.expires_at for row in rows}


def _of_page_view(before: ColumnElement[bool], *, to: str) -> Update:
    return (
        update(claims)
        .where(
            claims.c.page_view_id == bindparam("of_page_view"),
            claims.c.intercept_id == bindparam("of_intercept"),
            claims.c.contact_id == bindparam("of_contact"),
            before,
            or_(
                bindparam("of_claim", type_=String).is_(None),
                claims.c.claim_id == bindparam("of_claim", type_=String),
            ),
        )
        .values(state=to)
    )


def _keys(wanted: Sequence[Wanted]) -> list[dict[str, str | None]]:
    """In one order, so that two processes do not wait for each other in a circle."""
    return [
        {
            "of_page_view": each.page_view_id,
            "of_intercept": each.intercept_id,
            "of_contact": each.contact_id,
            "of_claim": each.claim_id,
        }
        for each in sorted(wanted, key=lambda each: (each.page_view_id, each.intercept_id))
    ]


async def _earlier(conn: AsyncConnection, wanted: Wanted) -> RowMapping | None:
    found = await conn.execute(
        select(claims).where(
            claims.c.page_view_id == wanted.page_view_id,
            claims.c.intercept_id == wanted.intercept_id,
        )
    )
    return found.mappings().one_or_none()


def _is_live(row: RowMapping, now: int) -> bool:
    return bool(row["state"] == "granted" and row["expires_at"] > now)


def _row(wanted: Wanted, granted: Granted, now: int) -> dict[str, object]:
    return {
        "claim_id": granted.claim_id,
        "page_view_id": wanted.page_view_id,
        "intercept_id": wanted.intercept_id,
        "contact_id": wanted.contact_id,
        "directory_id": wanted.directory_id,
        "survey_id": wanted.survey_id,
        "granted_at": now,
        "expires_at": granted.expires_at,
        "state": "granted",
    }
