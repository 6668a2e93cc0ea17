"""The API's description says of every call what it is, and nothing that is not so."""

import re
from typing import Any, get_origin

from api_place import Place
from openapi_spec_validator import validate

from askwell_edge.access.answers import Results
from askwell_edge.access.calls import Address
from askwell_edge.access.parameters import PARAMETERS


def document(place: Place) -> Any:
    answer = place.client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def addresses(place: Place) -> list[Address]:
    return [each for each in place.client.app.routes if isinstance(each, Address)]


def test_every_call_is_described_with_body_parameters_and_scope(place: Place) -> None:
    told = document(place)
    assert told["openapi"] == "3.1.0"
    listed = addresses(place)
    assert len(listed) > 60
    assert sum(len(path) for path in told["paths"].values()) == len(listed)
    ids = set()
    for each in listed:
        operation = told["paths"][each.path][each.method.lower()]
        ids.add(operation["operationId"])
        assert operation["summary"], each.path
        assert (each.scope or "Any token") in operation["description"]
        given = {(one["in"], one["name"]) for one in operation["parameters"]}
        inside = {("path", name) for name in re.findall(r"\{(\w+)\}", each.path)}
        assert given == inside | {("query", name) for name in each.query}
        assert ("requestBody" in operation) == bool(each.body or "text/csv" in each.accepts)
        assert set(operation["responses"]) == {"200", "4XX", "503"}
        scopes = [each.scope] if each.scope else []
        assert operation["security"] == [{"token": scopes}, {"client": scopes}]
        content = operation["responses"]["200"]["content"]
        assert set(content) == set(each.gives)
        if each.gives == ("application/json",):
            told_of = content["application/json"]["schema"]["properties"]
            named = {"result", "results"} & set(told_of)
            assert len(named) == (each.result is not None), each.path
            assert ("results" in named) == (get_origin(each.result) is Results), each.path
    assert len(ids) == len(listed)
    assert set(PARAMETERS) >= {name for each in listed for name in each.query}


def test_it_is_a_description_as_the_standard_has_them(place: Place) -> None:
    told = document(place)
    validate(told)
    contact = told["components"]["schemas"]["ContactBody"]
    assert set(contact["properties"]) == {
        "firstName",
        "lastName",
        "email",
        "phone",
        "extRef",
        "language",
        "embeddedData",
        "unsubscribed",
        "transactionData",
    }
    assert contact["additionalProperties"] is False


def test_the_page_takes_nothing_from_anywhere_else(place: Place) -> None:
    answer = place.client.get("/docs")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://", answer.text)
    assert 'data-document="/openapi.json"' in answer.text
