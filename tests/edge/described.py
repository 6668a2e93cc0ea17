"""Whether what the API answers is what its description says of it."""

from functools import cache
from typing import Any
from urllib.parse import quote

import jsonschema_rs
from starlette.routing import Match

from askwell_edge.access.calls import Address
from askwell_edge.app import ROOMS
from askwell_edge.reference.openapi import REFUSALS, describe

ADDRESSES = [each for each in ROOMS if isinstance(each, Address)]
DOCUMENT = describe(ADDRESSES, "/")


def check(method: str, path: str, answer: Any) -> None:
    """Fail unless the description has this answer, to the letter of its schema."""
    name = address_of(method, path)
    if name is None or method == "HEAD":
        return
    responses = DOCUMENT["paths"][name][method.lower()]["responses"]
    kind = answer.headers["content-type"].partition(";")[0]
    status = str(answer.status_code)
    if answer.status_code in REFUSALS:
        status = "4XX"
    assert status in responses, f"{method} {name}: {answer.status_code}"
    if kind == "application/json":
        validator(name, method.lower(), status).validate(answer.json())
    else:
        assert kind in responses["200"]["content"], f"{method} {name}: {kind}"


def address_of(method: str, path: str) -> str | None:
    """`/API/v3/directories/{directory_id}` of a path that some call has."""
    scope = {"type": "http", "method": method, "path": path}
    found = (each for each in ADDRESSES if each.matches(scope)[0] is Match.FULL)
    return next((each.path for each in found), None)


@cache
def validator(path: str, method: str, status: str) -> Any:
    """What holds a body to the schema of one answer."""
    place = ["paths", path, method, "responses", status]
    node: Any = DOCUMENT
    for step in place:
        node = node[step]
    if "$ref" in node:
        place = node["$ref"].removeprefix("#/").split("/")
    pointer = [*place, "content", "application/json", "schema"]
    reference = "/".join(quote(step.replace("~", "~0").replace("/", "~1")) for step in pointer)
    return jsonschema_rs.Draft202012Validator({**DOCUMENT, "$ref": f"#/{reference}"})
