"""Many arrivals at once: looked up together, matched one after the other, written together.

Says of each what `arrivals.receive_contact` would say if it were asked row by row. Nothing but
`write` changes anything.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, cast, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.contacts.arrivals import Arrival, Mode, identity_names, without_blanks
from askwell_edge.directory.contacts.contacts import changes_to
from askwell_edge.directory.contacts.fields import TEXTS, text_key
from askwell_edge.directory.contacts.identity import EXACT, INDEXED, IdentityRule, rule_key, sought
from askwell_edge.directory.imports.rows import VALUES, Values, fields_of, values_of
from askwell_edge.store.directory_keys import directory_key_of, within
from askwell_edge.store.ids import new_ids
from askwell_edge.store.inserts import insert_packed
from askwell_edge.store.locks import hold
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import contacts

# What a rule compares: a text, or one for each of its fields; None where one is missing.
Key = str | tuple[str, ...] | None
NOBODY = Arrival("nobody", None)
OPTS_OUT = VALUES.index("unsubscribed")
# What leaves as it is what is there.
BLANK = values_of({"embedded_data": {}})
NEW = ["contact_id", "directory_id", "directory_key", *VALUES]
NEW += ["unsubscribed_at", "created_at", "modified_at"]


class Person(NamedTuple):
    """A contact as it is by now."""

    modified_at: int
    values: Values


def can_gather(rules: Iterable[IdentityRule]) -> bool:
    """True when every rule has a field by which many contacts are found at once."""
    return all(any(f in INDEXED for f in rule.fields) for rule in rules if rule.enabled)


class Update(NamedTuple):
    """A contact that is changed: its fields by column before, and those that become others."""

    contact_id: str
    before: Mapping[str, Any]
    changes: Mapping[str, Any]


class Gathering:
    """The contacts that one batch is about, as they are and as they become.

    One that `goes_on` is about several batches, none of which is written: later ones meet what
    earlier ones made. It notes each update in `updates`, for whoever takes them out.
    """

    def __init__(
        self, directory_id: str, rules: Sequence[IdentityRule], at: int, *, goes_on: bool = False
    ) -> None:
        self._directory_id = directory_id
        self._rules = [rule for rule in rules if rule.enabled]
        self._key_of = [_keying(rule) for rule in self._rules]
        self._at = at
        self._arriving: Sequence[Values] = ()
        self._keys: list[list[Key]] = []
        self._known: list[dict[Key, list[str]]] = [{} for _ in self._rules]
        self._people: dict[str, Person] = {}
        self._new: dict[str, Values] = {}
        self._changes: dict[str, dict[str, Any]] = {}
        self._goes_on = goes_on
        self.opted_out: list[str] = []
        self.updates: list[Update] = []

    async def claim(self, conn: AsyncConnection, arriving: Sequence[Values]) -> None:
        """Keep others from creating these arrivals until the transaction ends."""
        fields = map(fields_of, arriving)
        named = (identity_names(self._directory_id, self._rules, each) for each in fields)
        await hold(conn, (name for names in named for name in names))

    async def look_up(self, conn: AsyncConnection, arriving: Sequence[Values]) -> None:
        """Read whom these arrivals may be."""
        self._arriving = arriving
        self._keys = [list(map(key_of, arriving)) for key_of in self._key_of]
        for rule, keys in zip(self._rules, self._keys, strict=True):
            place = _surest(rule)
            field = rule.fields[place]
            keyed = {key[place] if isinstance(key, tuple) else key for key in keys} - {None}
            if keyed:
                these = literal(list({sought(field, str(key)) for key in keyed}), Texts())
                wanted = select(*_PERSON).where(
                    within(self._directory_id), one_of(INDEXED[field], these)
                )
                for contact_id, modified_at, *values in await conn.execute(wanted):
                    if contact_id not in self._people:
                        self._note(contact_id, Person(modified_at, tuple(values)))

    def receive(self, mode: Mode) -> list[Arrival]:
        """Match each arrival with what is there and with those before it."""
        ids = new_ids("CID", len(self._arriving))
        alone = not self._people and not self._goes_on
        if mode != "update_only" and alone and all(map(_differ, self._keys)):
            self._new = dict(zip(ids, self._arriving, strict=True))
            self.opted_out += [each for each, values in self._new.items() if values[OPTS_OUT]]
            return [Arrival("created", each) for each in ids]
        rows = zip(*self._keys, strict=True) if self._keys else repeat(())
        arrivals = []
        for contact_id, values, keys in zip(ids, self._arriving, rows, strict=False):
            for rule, known, key in zip(self._rules, self._known, keys, strict=True):
                found = known.get(key)
                if found:
                    arrivals.append(self._meet(values, self._newest(found), rule.position, mode))
                    break
            else:
                arrivals.append(self._create(contact_id, values, keys, mode))
        return arrivals

    def _create(self, contact_id: str, values: Values, keys: Sequence[Key], mode: Mode) -> Arrival:
        if mode == "update_only":
            return NOBODY
        self._new[contact_id] = values
        for known, key in zip(self._known, keys, strict=True):
            if key is not None:
                known.setdefault(key, []).append(contact_id)
        if values[OPTS_OUT]:
            self.opted_out.append(contact_id)
        return Arrival("created", contact_id)

    def _meet(self, values: Values, contact_id: str, position: int, mode: Mode) -> Arrival:
        if mode == "create_only":
            return Arrival("exists", contact_id, position)
        present = self._person(contact_id)
        unchanged = Arrival("unchanged", contact_id, position)
        told = zip(values, BLANK, present.values, strict=True)
        if all(new in (blank, old) for new, blank, old in told):
            return unchanged
        kept = without_blanks(fields_of(values))
        if not kept.get("unsubscribed"):
            kept.pop("unsubscribed", None)
        before = fields_of(present.values)
        changes = changes_to(before, kept, self._at)
        if not changes:
            return unchanged
        if changes.get("unsubscribed"):
            self.opted_out.append(contact_id)
        self._forget(contact_id, present)
        after = values_of({**before, **changes})
        self._note(contact_id, Person(self._at, after))
        if self._goes_on:
            self.updates.append(Update(contact_id, before, changes))
        if contact_id in self._new:
            self._new[contact_id] = after
        else:
            self._changes.setdefault(contact_id, {}).update(changes)
        return Arrival("updated", contact_id, position)

    def is_new(self, contact_id: str) -> bool:
        """Whether one of these arrivals made the contact."""
        return contact_id in self._new

    async def write(self, conn: AsyncConnection) -> None:
        """Write what became of them all."""
        here, at = self._directory_id, self._at
        key = await directory_key_of(conn, here)
        rows = [
            (contact_id, here, key, *values, at if values[OPTS_OUT] else None, at, at)
            for contact_id, values in self._new.items()
        ]
        await insert_packed(conn, contacts, NEW, rows)
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for contact_id, changes in self._changes.items():
            row = {f"new_{name}": value for name, value in changes.items()}
            alike.setdefault(tuple(sorted(changes)), []).append({"wanted_id": contact_id, **row})
        for names, changed in alike.items():
            change = (
                update(contacts)
                .where(contacts.c.contact_id == bindparam("wanted_id"))
                .values({name: bindparam(f"new_{name}") for name in names})
            )
            await conn.execute(change, changed)

    def _person(self, contact_id: str) -> Person:
        known = self._people.get(contact_id)
        return known or Person(self._at, self._new[contact_id])

    def _newest(self, ids: list[str]) -> str:
        if len(ids) == 1:
            return ids[0]
        return min(ids, key=lambda each: (-self._person(each).modified_at, each))

    def _note(self, contact_id: str, person: Person) -> None:
        self._people[contact_id] = person
        for known, key_of in zip(self._known, self._key_of, strict=True):
            key = key_of(person.values)
            if key is not None:
                known.setdefault(key, []).append(contact_id)

    def _forget(self, contact_id: str, person: Person) -> None:
        for known, key_of in zip(self._known, self._key_of, strict=True):
            key = key_of(person.values)
            if key is not None:
                known[key].remove(contact_id)


# Embedded data as the JSON that it is.
_PERSON = [
    contacts.c.contact_id,
    contacts.c.modified_at,
    *(
        cast(contacts.c[name], String) if name == "embedded_data" else contacts.c[name]
        for name in VALUES
    ),
]


def _keying(rule: IdentityRule) -> Callable[[Values], Key]:
    """What says by what the rule compares a row, as `rule_key` does of fields."""
    if any(field not in TEXTS for field in rule.fields):
        return lambda values: rule_key(rule, fields_of(values)) or None
    if EXACT.issuperset(rule.fields) and len(rule.fields) == 1:
        return itemgetter(VALUES.index(str(INDEXED[rule.fields[0]].key)))
    places = [
        (VALUES.index(str(INDEXED[field].key)), None)
        if field in EXACT
        else (VALUES.index(field), text_key)
        for field in rule.fields
    ]

    def key_of(values: Values) -> Key:
        key = tuple([made(values[at]) if made else values[at] for at, made in places])
        return None if None in key else key  # type: ignore[return-value]

    return key_of


def _differ(keys: Sequence[Key]) -> bool:
    """Whether no two arrivals are one person by this rule."""
    present = [key for key in keys if key is not None]
    return len(set(present)) == len(present)


def _surest(rule: IdentityRule) -> int:
    """The place of the field that the fewest contacts share: `INDEXED` has that one first."""
    return rule.fields.index(next(field for field in INDEXED if field in rule.fields))
