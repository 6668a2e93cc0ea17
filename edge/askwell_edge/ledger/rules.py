"""From when each frequency rule allows one more touch: counted touchpoints and live claims."""

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.store.tables import claims, frequency_rules, list_members, touchpoints
from askwell_runtime.frequency import Touch, allows_at
from askwell_runtime.model import Limit, Rule

# A slot that is granted, but neither confirmed nor free again, counts as a touch.
TOUCHES = union_all(
    select(touchpoints.c.at, touchpoints.c.survey_id, touchpoints.c.list_id).where(
        touchpoints.c.contact_id == bindparam("contact"),
        touchpoints.c.at > bindparam("since_at"),
        touchpoints.c.counts_toward_caps,
        ~touchpoints.c.test,
    ),
    select(claims.c.granted_at, claims.c.survey_id, null()).where(
        claims.c.contact_id == bindparam("contact"),
        claims.c.state == "granted",
        claims.c.expires_at > bindparam("now"),
    ),
)


async def rules_of(conn: AsyncConnection, directory_id: str) -> tuple[Rule, ...]:
    """The directory's rules as they are now, oldest first, as the core judges them."""
    rows = await conn.execute(
        select(frequency_rules)
        .where(frequency_rules.c.directory_id == directory_id)
        .order_by(frequency_rules.c.created_at, frequency_rules.c.rule_id)
    )
    return tuple(
        Rule(
            id=row.rule_id,
            scope=row.scope,
            survey_id=row.survey_id,
            list_id=row.list_id,
            messages=row.messages,
            ignore_directory=row.ignore_directory,
            limits=tuple(Limit(max=each["max"], window_s=each["window_s"]) for each in row.limits),
            min_gap_s=row.min_gap_s,
        )
        for row in rows
    )


async def allowances(
    conn: AsyncConnection, rules: Sequence[Rule], contact_id: str, now: int
) -> dict[str, int]:
    """For each rule the instant from which the contact may be touched again; 0 = now."""
    if not rules:
        return {}
    touches = await touches_of(conn, contact_id, now - reach_ms(rules), now)
    return {rule.id: _until(allows_at(rule, touches), now) for rule in rules}


def _until(at: int, now: int) -> int:
    return at if at > now else 0


def reach_ms(rules: Iterable[Rule]) -> int:
    """How far back a touch can matter to any of these rules."""
    reaches = [limit.window_s for rule in rules for limit in rule.limits]
    reaches += [rule.min_gap_s for rule in rules if rule.min_gap_s is not None]
    return max(reaches, default=0) * 1000


async def touches_of(
    conn: AsyncConnection, contact_id: str, since_at: int, now: int
) -> list[Touch]:
    """What counts toward the contact's caps after `since_at`: touchpoints and live claims.

    One that lies in the future (the clock went back) counts like any other.
    """
    asked = {"contact": contact_id, "since_at": since_at, "now": now}
    return [
        Touch(
            at=row.at,
            survey_id=row.survey_id,
            list_ids=frozenset([row.list_id] if row.list_id else ()),
        )
        for row in await conn.execute(TOUCHES, asked)
    ]


async def on_ruled_list(conn: AsyncConnection, rules: Iterable[Rule], contact_id: str) -> bool:
    """Whether a list rule covers a list that the contact is on (it only breaks ties, R10)."""
    lists = {rule.list_id for rule in rules if rule.scope == "list"}
    if not lists:
        return False
    found = await conn.scalar(
        select(list_members.c.list_id)
        .where(list_members.c.contact_id == contact_id, list_members.c.list_id.in_(lists))
        .limit(1)
    )
    return found is not None
