"""What segment criteria may ask about contacts, read for many contacts at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.fields import TEXTS
from askwell_edge.store.tables import contacts, list_members, touchpoints, transactions
from askwell_runtime.activity import COUNTED, INVITES, LAST, RESPONSES, Touchpoint, Transaction
from askwell_runtime.segment import ContactFacts

# The only types of touchpoints that a criterion counts.
COUNTED_TYPES = sorted(
    frozenset[str]().union(INVITES, RESPONSES, *COUNTED.values(), *LAST.values())
)


def heads_of(criteria: object) -> set[str]:
    """The families of fields that criteria use: `{"embeddedData", "activity"}`."""
    if not isinstance(criteria, dict):
        return set()
    if "op" in criteria:
        return {head for item in criteria.get("items", []) for head in heads_of(item)}
    return {str(criteria.get("field", "")).partition(".")[0]}


async def facts_of(
    conn: AsyncConnection, contact_ids: Sequence[str], heads: Iterable[str]
) -> dict[str, ContactFacts]:
    """Facts by contact id; of lists, timeline and transactions only what `heads` ask for."""
    wanted = set(heads)
    rows = select(contacts).where(contacts.c.contact_id.in_(contact_ids))
    found = (await conn.execute(rows)).mappings().all()
    lists = await _lists(conn, contact_ids) if wanted & {"list", "listUnsubscribed"} else {}
    activity = await _touchpoints(conn, contact_ids) if "activity" in wanted else {}
    bought = await _transactions(conn, contact_ids) if "transactions" in wanted else {}
    return {
        row["contact_id"]: ContactFacts(
            fields={column: row[column] for column in TEXTS},
            embedded_data=row["embedded_data"],
            created_at=row["created_at"],
            modified_at=row["modified_at"],
            unsubscribed=row["unsubscribed"],
            lists=lists.get(row["contact_id"], {}),
            touchpoints=activity.get(row["contact_id"], ()),
            transactions=bought.get(row["contact_id"], ()),
        )
        for row in found
    }


async def _lists(conn: AsyncConnection, contact_ids: Sequence[str]) -> dict[str, dict[str, bool]]:
    rows = await conn.execute(
        select(
            list_members.c.contact_id, list_members.c.list_id, list_members.c.unsubscribed
        ).where(list_members.c.contact_id.in_(contact_ids))
    )
    lists: dict[str, dict[str, bool]] = defaultdict(dict)
    for row in rows:
        lists[row.contact_id][row.list_id] = row.unsubscribed
    return lists


async def _touchpoints(
    conn: AsyncConnection, contact_ids: Sequence[str]
) -> dict[str, list[Touchpoint]]:
    rows = await conn.execute(
        select(touchpoints).where(
            touchpoints.c.contact_id.in_(contact_ids),
            touchpoints.c.type.in_(COUNTED_TYPES),
            touchpoints.c.test.is_(False),
        )
    )
    found: dict[str, list[Touchpoint]] = defaultdict(list)
    for row in rows:
        found[row.contact_id].append(
            Touchpoint(
                at=row.at,
                type=row.type,
                survey_id=row.survey_id,
                intercept_id=row.intercept_id,
                signals=_signals(row.details),
            )
        )
    return found


async def _transactions(
    conn: AsyncConnection, contact_ids: Sequence[str]
) -> dict[str, list[Transaction]]:
    rows = await conn.execute(
        select(transactions).where(transactions.c.contact_id.in_(contact_ids))
    )
    found: dict[str, list[Transaction]] = defaultdict(list)
    for row in rows:
        found[row.contact_id].append(Transaction(at=row.at, fields=row.fields))
    return found


def _signals(details: Any) -> int:
    """Frustration signals of a recorded session, of all kinds together."""
    counts = details.get("signals") if isinstance(details, dict) else None
    return sum(counts.values()) if isinstance(counts, dict) else 0
