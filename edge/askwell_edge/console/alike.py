"""Contacts who may be one person though no rule says so, and those who were told apart."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from askwell_edge.access.operators import list_operators
from askwell_edge.access.roles import Permission, require
from askwell_edge.console.comparing import people
from askwell_edge.console.pages import action, form, page
from askwell_edge.console.visit import Visit
from askwell_edge.directory.directories import get_directory
from askwell_edge.directory.merges import distinct_api, merges_api
from askwell_edge.directory.merges.near_duplicates import near_duplicates

HERE = "/directories/{directory_id}/merges"
ALIKE_SHOWN = 50
APART_SHOWN = 50


async def alike(visit: Visit) -> Response:
    """GET: pairs for people to judge."""
    directory_id = visit.path("directory_id")
    require(visit.caller, Permission.MANAGE_DIRECTORY, directory_id)
    async with visit.reading() as conn:
        await get_directory(conn, directory_id)
        found = await near_duplicates(conn, directory_id)
    return await visit.page(
        "merges_alike.html", found=found[:ALIKE_SHOWN], merge_id=visit.query("merge", 60)
    )


async def apart(visit: Visit) -> Response:
    """GET: who was told apart from whom, when and by whom, page by page."""
    after = visit.text("after") or visit.query("after", 400)
    queries = {"pageSize": str(APART_SHOWN), "skipToken": after}
    told = await visit.call(distinct_api.list_all, queries=queries)
    async with visit.reading() as conn:
        known = await people(conn, {id for each in told["elements"] for id in each["contactIds"]})
        operators = {row["operator_id"]: row["name"] for row in await list_operators(conn)}
    return await visit.page(
        "merges_apart.html",
        told=told["elements"],
        more=told["skipToken"],
        people=known,
        operators=operators,
        after=after,
    )


async def merge_two(visit: Visit) -> Response:
    """POST: these two, by hand; it can be undone as any merge."""
    one, two = _two(visit)
    made = await visit.call(merges_api.run, {"pairs": [{"survivorId": one, "mergedId": two}]})
    return visit.go(_here(visit, "/alike"), merge=made["ids"][0])


async def tell_apart(visit: Visit) -> Response:
    """POST: these are two people; said of a previewed pair, back to that preview."""
    await visit.call(distinct_api.say, {"contactIds": _two(visit)})
    if since := visit.text("since"):
        return visit.go(_here(visit), done="apart", since=since)
    return visit.go(_here(visit, "/alike"), done="apart")


async def take_back(visit: Visit) -> Response:
    """POST: they may be one person after all."""
    await visit.call(distinct_api.unsay, {"contactIds": _two(visit)})
    after = {"after": visit.text("after")} if visit.text("after") else {}
    return visit.go(_here(visit, "/told-apart"), done="together", **after)


def _two(visit: Visit) -> list[str]:
    return [visit.text("one"), visit.text("two")]


def _here(visit: Visit, more: str = "") -> str:
    return f"/console/directories/{visit.path('directory_id')}/merges{more}"


routes: list[BaseRoute] = [
    form(f"{HERE}/alike", alike, merge_two),
    action(f"{HERE}/apart", alike, tell_apart),
    page(f"{HERE}/told-apart", apart),
    action(f"{HERE}/together", apart, take_back),
]
