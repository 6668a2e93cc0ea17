"""The API as an OpenAPI document, made from the very routes: scopes, typed bodies, parameters."""

import inspect
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from askwell_edge.access.calls import Address

REF = "#/components/schemas/{name}"
TEXT = {"type": "string"}
TRUTH = {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
INSTANT = {"type": "integer", "format": "int64"}

# Every query parameter that some route is declared with.
PARAMETERS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "pageSize": (COUNT, "how many elements a page has"),
    "skipToken": (TEXT, "where to go on: the `skipToken` or `nextPage` of the page before"),
    "includeEmbedded": ({**TRUTH, "default": True}, "with `embeddedData`"),
    "includeSegments": ({**TRUTH, "default": False}, "with `segmentIds`"),
    "since": (INSTANT, "only from this instant on, in UTC milliseconds"),
    "type": ({"enum": ["email", "response"]}, "messages to the contact, or its answers"),
    "format": ({"enum": ["csv", "tsv", "jsonl"], "default": "csv"}, "the form of the table"),
    "mailingListId": (TEXT, "of this list, or onto this list"),
    "channel": ({"enum": ["email", "sms"], "default": "email"}, "by what they are written to"),
    "segmentId": (TEXT, "members of this segment"),
    "name": (TEXT, "what the file is called"),
    "mode": (
        {"enum": ["upsert", "create_only", "update_only"], "default": "upsert"},
        "what rows may do",
    ),
    "map": (
        {"type": "array", "items": TEXT},
        "`COLUMN=NAME` gives a column another name, `COLUMN=` leaves it out",
    ),
    "directoryId": (TEXT, "of this directory"),
    "objectId": (TEXT, "about this object"),
    "before": (INSTANT, "only before this instant, in UTC milliseconds"),
}
REFUSALS = (400, 401, 403, 404, 409, 413, 429)
TITLE = re.compile(r"^(?:GET|POST|PUT|DELETE)\b:? ?")


def describe(addresses: Iterable[Address], server: str) -> dict[str, Any]:
    """The document; `server` is where the API is reached from where it is read."""
    listed = list(addresses)
    shapes = list(dict.fromkeys(each.body for each in listed if each.body is not None))
    schemas, components = msgspec.json.schema_components(shapes, ref_template=REF)
    bodies = dict(zip(shapes, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in listed:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, bodies)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Askwell",
            "version": "3",
            "description": (
                "Contacts, lists, segments and projects. Send a token in the header `X-API-TOKEN`; "
                "`askwell token add` makes one. Instants are UTC milliseconds."
            ),
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(each) for each in listed)],
        "paths": paths,
        "components": {
            "schemas": {**components, "Error": _error()},
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-API-TOKEN"}},
            "responses": {str(code): _refusal(code) for code in REFUSALS},
        },
    }


def _operation(address: Address, bodies: Mapping[Any, Any]) -> dict[str, Any]:
    summary, _, more = (inspect.getdoc(address.answer) or "").partition("\n")
    scope = f"Scope `{address.scope}`." if address.scope else "Any token will do."
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{address.method} {address.path[8:]}").strip("_"),
        "tags": [_tag(address)],
        "summary": TITLE.sub("", summary).rstrip("."),
        "description": f"{more.strip()}\n\n{scope}".strip(),
        "parameters": [
            *(_in_path(name) for name in address.param_convertors),
            *(_in_query(name) for name in address.query),
        ],
        "responses": {
            "200": {"description": "done", "content": {"application/json": {"schema": _answer()}}},
            **{str(code): {"$ref": f"#/components/responses/{code}"} for code in REFUSALS},
        },
    }
    if address.body is not None or address.accepts != ("application/json",):
        schema = bodies[address.body] if address.body is not None else {"type": "string"}
        content = {kind: {"schema": schema} for kind in address.accepts}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _tag(address: Address) -> str:
    """`mailinglists` of `/API/v3/directories/{directory_id}/mailinglists/{list_id}`."""
    words = [word for word in address.path.split("/")[3:] if not word.startswith("{")]
    inner = words[1:2] if words[0] in ("directories", "projects") else []
    return (inner or words)[0]


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def _in_query(name: str) -> dict[str, Any]:
    schema, words = PARAMETERS[name]
    return {"name": name, "in": "query", "description": words, "schema": schema}


def _answer() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "result": {},
            "meta": {
                "type": "object",
                "properties": {"httpStatus": TEXT, "requestId": TEXT},
                "required": ["httpStatus", "requestId"],
            },
        },
        "required": ["meta"],
    }


def _error() -> dict[str, Any]:
    error = {
        "type": "object",
        "properties": {"errorCode": TEXT, "errorMessage": TEXT},
        "required": ["errorCode", "errorMessage"],
    }
    meta = {
        "type": "object",
        "properties": {"httpStatus": TEXT, "requestId": TEXT, "error": error},
        "required": ["httpStatus", "requestId", "error"],
    }
    return {"type": "object", "properties": {"meta": meta}, "required": ["meta"]}


def _refusal(code: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": HTTPStatus(code).phrase,
        "content": {"application/json": {"schema": {"$ref": REF.format(name="Error")}}},
    }
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        made["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return made
