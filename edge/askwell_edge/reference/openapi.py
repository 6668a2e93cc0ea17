"""The API as an OpenAPI document, made from the very routes: scopes, parameters, bodies, answers.

A body is the type that the code reads, an answer the type that the code's function returns.
"""

import inspect
import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec
from starlette.responses import Response

from askwell_edge.access.answers import About, Results
from askwell_edge.access.calls import JSON, Address
from askwell_edge.access.parameters import PARAMETERS, PATHS, TEXT
from askwell_edge.access.tokens import SCOPES
from askwell_edge.errors import envelope

REF = "#/components/schemas/{name}"
# Each status of a refusal, with what it may say.
REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_input", "email: is not an e-mail address"),
    401: ("not_signed_in", "send a live API token in the header X-API-TOKEN"),
    403: ("permission_missing", "this needs the permission Manage Directory"),
    404: ("unknown_contact", "contact: there is none with the id 'CID_0a6k1WkR7mB2cVn'"),
    408: ("bad_body", "body: sent within 10 s"),
    409: ("segment_limit", "a directory has at most 20 segments"),
    413: ("bad_body", "body: at most 262144 bytes"),
    415: ("bad_body", "Content-Encoding: bodies are sent as they are"),
    429: ("throttled", "at most 100 calls a second"),
}
LATER: Mapping[int, tuple[str, str]] = {503: ("store_busy", "too many writes are waiting")}
TITLE = re.compile(r"^(?:GET|POST|PUT|DELETE)\b:? ?")
# Ids count from a moment on; this one looks like all others.
EXAMPLE = "0a6k1WdZ9pQ3xYt"
WAYS = ("token", "client")
ABOUT = (
    "Contacts, lists, segments, projects and who may do what with them. Send a token in the header "
    "`X-API-TOKEN`; `askwell token add` makes one. Or let an OAuth client get one for an hour at "
    "`POST /oauth2/token`, and send it as `Authorization: Bearer …`. Each call names the scope "
    "that its token needs; `manage:` includes `read:`. What a token may do is never more than what "
    "its operator may. "
    "Instants are UTC milliseconds."
)


def describe(addresses: Iterable[Address], server: str) -> dict[str, Any]:
    """The document; `server` is where the API is reached from where it is read."""
    listed = list(addresses)
    told = _Types(listed)
    paths: dict[str, dict[str, Any]] = {}
    for each in listed:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, told)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Askwell", "version": "3", "description": ABOUT},
        "servers": [{"url": server}],
        "tags": [{"name": name} for name in dict.fromkeys(_tag(each) for each in listed)],
        "paths": paths,
        "components": {
            "schemas": {**told.components, "Error": _error(told.of(About))},
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-API-TOKEN",
                    "description": f"Scopes: {', '.join(f'`{scope}`' for scope in SCOPES)}.",
                },
                "client": {
                    "type": "oauth2",
                    "description": "A token for an hour, by a client's id and secret.",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": f"{server.rstrip('/')}/oauth2/token",
                            "scopes": {scope: _spoken(scope) for scope in SCOPES},
                        }
                    },
                },
            },
            "responses": {
                "Refused": _refusal("refused; nothing was changed", REFUSALS),
                "Later": _refusal("not now; send the same again after a while", LATER),
            },
        },
    }


class _Types:
    """The schemas of all that is sent and answered, each Struct once among the components."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        sent = [each.body for each in addresses if each.body is not None]
        given = [one for each in addresses for one in _alternatives(_told(each)[1])]
        types = list(dict.fromkeys([About, *sent, *given]))
        schemas, self.components = msgspec.json.schema_components(types, ref_template=REF)
        self._schemas = dict(zip(types, schemas, strict=True))

    def of(self, type: Any) -> Mapping[str, Any]:
        """A type's schema."""
        schemas = [self._schemas[each] for each in _alternatives(type)]
        return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _alternatives(type: Any) -> tuple[Any, ...]:
    if type is None or type is Response:
        return ()
    return get_args(type) if isinstance(type, UnionType) else (type,)


def _told(address: Address) -> tuple[str, Any]:
    """Where the envelope has the result, and its type."""
    if get_origin(address.result) is Results:
        return "results", list[get_args(address.result)[0]]  # type: ignore[misc]
    return "result", address.result


def _operation(address: Address, types: _Types) -> dict[str, Any]:
    summary, _, more = (inspect.getdoc(address.answer) or "").partition("\n")
    scope = f"Scope `{address.scope}`." if address.scope else "Any token will do."
    reads = address.body is not None or address.accepts != JSON
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{address.method} {address.path[8:]}").strip("_"),
        "tags": [_tag(address)],
        "summary": TITLE.sub("", summary).rstrip("."),
        "description": f"{more.strip()}\n\n{scope}".strip(),
        "security": [{way: [address.scope] if address.scope else []} for way in WAYS],
        "parameters": [
            *(_in_path(name) for name in address.param_convertors),
            *(_in_query(name) for name in address.query),
        ],
        "responses": {
            "200": {"description": "done", "content": _answer(address, types)},
            "4XX": {"$ref": "#/components/responses/Refused"},
            "503": {"$ref": "#/components/responses/Later"},
        },
    }
    if reads:
        schema = types.of(address.body) if address.body is not None else TEXT
        content = {kind: {"schema": schema} for kind in address.accepts}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _tag(address: Address) -> str:
    """`mailinglists` of `/API/v3/directories/{directory_id}/mailinglists/{list_id}`."""
    words = [word for word in address.path.split("/")[3:] if not word.startswith("{")]
    inner = words[1:2] if words[0] in ("directories", "projects") else []
    return (inner or words)[0]


def _in_path(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": f"`{PATHS[name]}_…`",
        "schema": {**TEXT, "examples": [f"{PATHS[name]}_{EXAMPLE}"]},
    }


def _in_query(name: str) -> dict[str, Any]:
    schema, words = PARAMETERS[name]
    return {"name": name, "in": "query", "description": words, "schema": schema}


def _spoken(scope: str) -> str:
    """`read mailing lists` of `read:mailing_lists`."""
    return scope.replace("manage:", "read and change ").replace(":", " ").replace("_", " ")


def _answer(address: Address, types: _Types) -> dict[str, Any]:
    if address.result is Response:
        return {kind: {"schema": TEXT} for kind in address.gives}
    properties: dict[str, Any] = {"meta": types.of(About)}
    name, result = _told(address)
    if result is not None:
        properties = {name: types.of(result), **properties}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {kind: {"schema": schema} for kind in address.gives}


def _error(about: Mapping[str, Any]) -> dict[str, Any]:
    properties = {"errorCode": TEXT, "errorMessage": TEXT}
    error = {"type": "object", "properties": properties, "required": list(properties)}
    whole = {"type": "object", "properties": {"error": error}, "required": ["error"]}
    return {
        "type": "object",
        "properties": {"meta": {"allOf": [about, whole]}},
        "required": ["meta"],
    }


def _refusal(words: str, kinds: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
    examples = {
        str(status): {"value": envelope(status, code, message, f"RQ_{EXAMPLE}")}
        for status, (code, message) in kinds.items()
    }
    schema = {"$ref": REF.format(name="Error")}
    return {
        "description": f"{', '.join(examples)}: {words}",
        "headers": {"Retry-After": {"schema": {"type": "integer"}}},
        "content": {JSON[0]: {"schema": schema, "examples": examples}},
    }
