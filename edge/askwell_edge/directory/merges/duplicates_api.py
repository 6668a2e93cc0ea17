"""/API/v3 duplicates: contacts that rules call one person, and those that only look alike."""

from starlette.routing import BaseRoute

from askwell_edge.access.answers import ContactId, Page, Shown
from askwell_edge.access.calls import Call, api
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory.contacts.contacts import get_contact
from askwell_edge.directory.contacts.identity import rules_of, same_person
from askwell_edge.directory.contacts.shapes import ContactSummary, contact_summary
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.merges.near_duplicates import Likeness, near_duplicates, similar_to

HERE = "/directories/{directory_id}"


class Alike(Shown):
    """Two contacts that look alike, in all and part by part, by scores of 0 to 100."""

    score: int
    scores: dict[str, int]
    contacts: list[ContactSummary]


class SamePerson(Shown):
    """Two contacts that the rule of this number calls one person, from 1; 0: nobody's rule."""

    survivor_id: ContactId
    merged_id: ContactId
    rule: int


class Duplicates(Shown):
    """How many duplicates there are, some of them, and who only looks alike.

    Not `complete`: so many were found within two seconds, and more are looked for; ask again.
    """

    count: int
    complete: bool
    pairs: list[SamePerson]
    near: list[Alike]


def likeness_shape(each: Likeness) -> Alike:
    """Two contacts that look alike, as the API shows them."""
    two = [contact_summary(row, embedded=False) for row in (each.one, each.two)]
    return Alike(score=each.score, scores=dict(each.parts), contacts=two)


async def duplicates(call: Call) -> Duplicates:
    """GET: how many contacts a rule calls somebody else's duplicate, and pairs to review by hand.

    `near` only look alike, by a score of 0 to 100; nothing merges them but a person.
    """
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with call.reading() as conn:
        await get_directory(conn, directory_id)
        rules = [rule for rule in await rules_of(conn, directory_id) if rule.enabled]
        near = await near_duplicates(conn, directory_id)
    found = await call.request.app.state.searches.look(directory_id, None)
    shown = [
        SamePerson(survivor_id=pair.survivor_id, merged_id=pair.merged_id, rule=pair.rule_position)
        for pair in found.pairs
    ]
    others = [
        likeness_shape(each)
        for each in near
        if not any(same_person(rule, each.one, each.two) for rule in rules)
    ]
    return Duplicates(count=found.count, complete=found.complete, pairs=shown, near=others)


async def similar(call: Call) -> Page[Alike]:
    """GET: who may be the same person as this contact, the likeliest first."""
    directory_id = call.path("directory_id")
    require(call.caller, Permission.ACCESS_CONTACTS, directory_id)
    async with call.reading() as conn:
        row = await get_contact(conn, directory_id, call.path("contact_id"))
        near = await similar_to(conn, row)
    return Page(elements=[likeness_shape(each) for each in near])


routes: list[BaseRoute] = [
    api("GET", f"{HERE}/duplicates", "read:directory_contacts", duplicates),
    api("GET", f"{HERE}/contacts/{{contact_id}}/similar", "read:directory_contacts", similar),
]
