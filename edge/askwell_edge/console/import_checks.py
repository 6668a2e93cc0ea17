"""What an import would do, in words: counts, by which rule, what would change, what is refused."""

from collections import Counter
from typing import Any

from askwell_edge.console.comparing import FIELDS, people, rule_in_words
from askwell_edge.console.visit import Visit
from askwell_edge.directory.imports.rehearsing import Rehearsal

FIELDS_SHOWN = 10
ERRORS_SHOWN = 20
REASONS_SHOWN = 10


async def facts_of(visit: Visit, told: Rehearsal) -> dict[str, Any]:
    """What the wizard shows of it, with whom the changes are about."""
    async with visit.reading() as conn:
        known = await people(conn, {each.contact_id for each in told.changes})
    changes = [
        (
            each.contact_id,
            known.get(each.contact_id),
            [(_title(name), *values) for name, values in each.fields.items()][:FIELDS_SHOWN],
            max(0, len(each.fields) - FIELDS_SHOWN),
        )
        for each in told.changes
    ]
    rules = [
        (rule_in_words(rule), told.found_by[rule.position]) for rule in told.rules if rule.enabled
    ]
    return {
        "told": told,
        "changes": changes,
        "found_by": rules,
        "refused": told.refused[:ERRORS_SHOWN],
        "reasons": Counter(why for _, why in told.refused).most_common(REASONS_SHOWN),
    }


def _title(name: str) -> str:
    return FIELDS.get(name) or name.removeprefix("embeddedData.")
