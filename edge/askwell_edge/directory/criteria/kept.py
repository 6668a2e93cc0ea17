"""What SQLite keeps of contacts and must be asked beside it, each in one row of joined texts.

Many rows would take longer than what is done with them, and each value joined takes its time too.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    bindparam,
    cast,
    func,
    or_,
    select,
)

from askwell_edge.directory.criteria.found_facts import KNOWN, STALE
from askwell_edge.directory.criteria.later import noted
from askwell_edge.directory.criteria.timelines import Chosen
from askwell_edge.store.directory_keys import within
from askwell_edge.store.tables import contacts, memberships, timelines


@lru_cache(maxsize=8)
def kept_facts(chosen: Chosen, answered: bool) -> Select[Any]:
    """Timelines with kept answers; or of all others, whose answers are `nothing`, and their
    versions."""
    columns = timelines.c
    this = bindparam("asked", type_=BigInteger)
    if answered:
        which: tuple[Any, ...] = (columns.asked == this, columns.answers.is_not(None))
        answers: ColumnElement[Any] = columns.answers
        beside = []
    else:
        which = (or_(columns.asked.is_distinct_from(this), columns.answers.is_(None)),)
        answers = bindparam("nothing", type_=LargeBinary)
        beside = [func.group_concat(columns.version).label("versions")]
    both = cast(answers.op("||")(func.coalesce(columns.entries, b"")), LargeBinary)
    return select(
        func.group_concat(columns.contact_id).label("ids"),
        func.group_concat(func.coalesce(func.length(columns.entries), STALE)).label("lengths"),
        cast(func.group_concat(both, ""), LargeBinary).label("numbers"),
        *beside,
        *noted(timelines),
    ).where(chosen(columns.contact_id), *which)


@lru_cache(maxsize=8)
def instants_of(chosen: Chosen) -> Select[Any]:
    """Ids and INSTANTS of contacts."""
    said = (contacts.c.contact_id, contacts.c.created_at, contacts.c.modified_at)
    return select(*(func.group_concat(each) for each in said)).where(
        within(bindparam("directory")), chosen(contacts.c.contact_id)
    )


@lru_cache(maxsize=8)
def what_memberships_say(chosen: Chosen) -> Select[Any]:
    """Ids, and each of KNOWN."""
    said = (func.group_concat(each) for each in (memberships.c.contact_id, *KNOWN))
    return select(*said).where(
        chosen(memberships.c.contact_id), memberships.c.directory_id == bindparam("directory")
    )
