"""Many arrivals at once: looked up together, matched one after the other, written together.

Says of each what `arrivals.receive_contact` would say if it were asked row by row.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.directory.arrivals import Arrival, Mode, identity_names, without_blanks
from askwell_edge.directory.contacts import changes_to, new_row
from askwell_edge.directory.identity import INDEXED, IdentityRule, key_columns, rule_key, sought
from askwell_edge.store.ids import new_id
from askwell_edge.store.inserts import insert_rows
from askwell_edge.store.locks import hold
from askwell_edge.store.many import Texts, one_of
from askwell_edge.store.tables import contacts

Row = Mapping[str, Any]
Key = tuple[str, ...]


def can_gather(rules: Iterable[IdentityRule]) -> bool:
    """True when every rule has a field by which many contacts are found at once."""
    return all(any(f in INDEXED for f in rule.fields) for rule in rules if rule.enabled)


class Gathering:
    """The contacts that one batch is about, as they are and as they become.

    What arrives has its keys beside its fields, as `keys_of` makes them.
    """

    def __init__(self, directory_id: str, rules: Sequence[IdentityRule], at: int) -> None:
        self._directory_id = directory_id
        self._rules = [rule for rule in rules if rule.enabled]
        self._keyed = [key_columns(rule) for rule in self._rules]
        self._at = at
        self._arriving: list[tuple[Row, list[Key]]] = []
        self._known: list[dict[Key, list[Row]]] = [{} for _ in self._rules]
        self._new: dict[str, Row] = {}
        self._changed: dict[str, Row] = {}
        self.opted_out: list[str] = []

    async def look_up(self, conn: AsyncConnection, batch: Sequence[Row]) -> None:
        """Read whom these arrivals may be, and keep others from creating them meanwhile."""
        named = (identity_names(self._directory_id, self._rules, fields) for fields in batch)
        await hold(conn, (name for names in named for name in names))
        self._arriving = [(fields, self._keys(fields)) for fields in batch]
        for i, rule in enumerate(self._rules):
            place = _surest(rule)
            field = rule.fields[place]
            values = list({sought(field, keys[i][place]) for _, keys in self._arriving if keys[i]})
            if values:
                these = one_of(INDEXED[field], literal(values, Texts()))
                wanted = select(contacts).where(
                    contacts.c.directory_id == self._directory_id, these
                )
                for row in (await conn.execute(wanted)).mappings():
                    self._note({str(name): value for name, value in row.items()})

    def receive(self, mode: Mode) -> list[Arrival]:
        """Match each arrival with what is there and with those before it."""
        return [self._receive(fields, keys, mode) for fields, keys in self._arriving]

    def _receive(self, fields: Row, keys: list[Key], mode: Mode) -> Arrival:
        found = self._match(keys)
        if found is None:
            if mode == "update_only":
                return Arrival("nobody", None)
            row = new_row(new_id("CID"), self._directory_id, fields, self._at)
            self._new[row["contact_id"]] = row
            self._note(row, keys)
            if row["unsubscribed"]:
                self.opted_out.append(row["contact_id"])
            return Arrival("created", row["contact_id"])
        position, present = found
        contact_id = present["contact_id"]
        if mode == "create_only":
            return Arrival("exists", contact_id, position)
        kept = without_blanks(fields)
        if not kept.get("unsubscribed"):
            kept.pop("unsubscribed", None)
        changes = changes_to(present, kept, self._at)
        if not changes:
            return Arrival("unchanged", contact_id, position)
        if changes.get("unsubscribed"):
            self.opted_out.append(contact_id)
        self._forget(present)
        row = {**present, **changes}
        self._note(row)
        (self._new if contact_id in self._new else self._changed)[contact_id] = row
        return Arrival("updated", contact_id, position)

    async def write(self, conn: AsyncConnection) -> None:
        """Write what became of them all."""
        await insert_rows(conn, contacts, list(self._new.values()))
        if self._changed:
            names = [c.name for c in contacts.c if c.name not in ("contact_id", "directory_id")]
            change = (
                update(contacts)
                .where(contacts.c.contact_id == bindparam("wanted_id"))
                .values({name: bindparam(f"new_{name}") for name in names})
            )
            await conn.execute(
                change,
                [
                    {"wanted_id": row["contact_id"], **{f"new_{name}": row[name] for name in names}}
                    for row in self._changed.values()
                ],
            )

    def _match(self, keys: list[Key]) -> tuple[int, Row] | None:
        for rule, known, key in zip(self._rules, self._known, keys, strict=True):
            rows = known.get(key) if key else None
            if rows:
                newest = min(rows, key=lambda r: (-r["modified_at"], r["contact_id"]))
                return rule.position, newest
        return None

    def _note(self, row: Row, keys: list[Key] | None = None) -> None:
        for known, key in zip(self._known, keys or self._keys(row), strict=True):
            if key:
                known.setdefault(key, []).append(row)

    def _forget(self, row: Row) -> None:
        for known, key in zip(self._known, self._keys(row), strict=True):
            rows = known.get(key, [])
            rows[:] = [each for each in rows if each["contact_id"] != row["contact_id"]]

    def _keys(self, fields: Row) -> list[Key]:
        """For each rule what these are compared by; empty where a value is missing."""
        keys: list[Key] = []
        for rule, columns in zip(self._rules, self._keyed, strict=True):
            if columns is None:
                keys.append(rule_key(rule, fields))
                continue
            key = tuple([fields.get(column) for column in columns])
            keys.append(() if None in key else key)  # type: ignore[arg-type]
        return keys


def _surest(rule: IdentityRule) -> int:
    """The place of the field that the fewest contacts share: `INDEXED` has that one first."""
    return rule.fields.index(next(field for field in INDEXED if field in rule.fields))
