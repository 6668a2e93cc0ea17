"""Runs the corpus: the same file on CPython, in Pyodide under Node and in a browser's worker.

A file is `{"defaults": {...}, "cases": [...]}`. A case has a name, a source and what differs from
the defaults and from BASE; maps of the same name are merged, the case's keys winning:

    now draw snapshot page settings rules zones creatives   as in docs/wire.md
    intercept            over the default intercept, for a page with one
    intercepts           a list, each over the default intercept
    decisions            [["SI_a", "shown"], ["SI_b", "frequency_rule", "FR_day"]]; a third text
                         is the rule, or with AS_ the action
    show                 parts of what the page is told to show, in order
    rows                 the debugger's rows of the first intercept: [path, passed, actual]
    refused              instead of decisions: the path at which the bundle is refused

Texts such as "2026-11-24T08:00:00Z" are instants.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime

from askwell_runtime import browser, receipt, wire
from askwell_runtime.errors import WireError

BASE = {
    "now": "2026-11-24T12:00:00Z",
    "draw": "0123456789abcdef0123456789abcdef",
    "snapshot": {"v": 1, "visitor": "anonymous", "as_of": "2026-11-24T12:00:00Z"},
    "page": {"url": "https://shop.test/", "utc_offset_s": 0, "storage": True, "displayed": {}},
    "settings": {"mode": "auto", "sampling": "request", "linked": False},
    "creatives": {"CR_a": {"kind": "slide_in", "title": "How was it?", "accept": "Tell us"}},
    "rules": [],
    "zones": {},
    "intercept": {
        "id": "SI_a",
        "version": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "active": True,
        "actions": [{"id": "AS_a", "creative_id": "CR_a"}],
    },
}


def instants(value):
    """The same value with instants written as texts turned into milliseconds."""
    if isinstance(value, dict):
        return {key: instants(each) for key, each in value.items()}
    if isinstance(value, list):
        return [instants(each) for each in value]
    if isinstance(value, str) and len(value) == 20 and value[10] + value[-1] == "TZ":
        return int(datetime.fromisoformat(value).timestamp()) * 1000
    return value


def merged(*layers):
    """Layers of a case, later ones winning; maps are merged one level deep."""
    whole = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(whole.get(key), dict)
            whole[key] = {**whole[key], **value} if both else value
    return whole


def bundle_of(case):
    """The case's bundle, in the shape that `pack_bundle` takes."""
    intercepts = [{**case["intercept"], **each} for each in case.get("intercepts", [{}])]
    parts = {key: case[key] for key in ("settings", "creatives", "rules", "zones")}
    head = {"v": 1, "project_id": "ZN_shop", "directory_id": "POOL_main"}
    return {**head, **parts, "intercepts": intercepts}


def asked(case, **more):
    """The answer's bytes for a case, through the door that a browser uses, and the bundle's."""
    bundle = wire.pack_bundle(bundle_of(case))
    snapshot = wire.pack_snapshot(case["snapshot"])
    request = {"now": case["now"], "draw": case["draw"], "page": case["page"], **more}
    name = wire.bundle_hash(bundle)
    return browser.answer_bytes(bundle, name, snapshot, json.dumps(request)), bundle


def problem(case):
    """What is wrong with the answer to a case, or None."""
    if "refused" in case:
        try:
            wire.pack_bundle(bundle_of(case))
        except WireError as error:
            return None if error.path == case["refused"] else f"refused at {error.path!r}"
        return "was not refused"
    plain = json.loads(asked(case)[0])
    body, bundle = asked(case, debug=True)
    answer = json.loads(body)
    kept = base64.urlsafe_b64decode(answer["receipt"] + "=" * (-len(answer["receipt"]) % 4))
    if receipt.replay(kept, bundle) != body:
        return "the receipt replays to another answer"
    if any(answer[key] != plain[key] for key in plain):
        return "debugging changes the answer"
    return difference(case, answer)


def difference(case, answer):
    """How an answer differs from what the case expects, or None."""
    got = []
    for wanted, decision in zip(case["decisions"], answer["decisions"], strict=False):
        third = "action" if wanted[2:] and str(wanted[2]).startswith("AS_") else "rule"
        got.append([decision["intercept"], decision["reason"], decision[third]][: len(wanted)])
    if got != case["decisions"] or len(answer["decisions"]) != len(got):
        return f"decided {answer['decisions']}"
    shown = [each["intercept"] for each in answer["show"]]
    if shown != [each["intercept"] for each in answer["decisions"] if each["reason"] == "shown"]:
        return f"shows {shown}"
    parts = [
        {key: there.get(key) for key in wanted}
        for wanted, there in zip(case.get("show", []), answer["show"], strict=False)
    ]
    if parts != case.get("show", parts):
        return f"shows {parts}"
    rows = [
        [row["path"], row["passed"], row["actual"]]
        for lines in answer["explain"][:1]
        for row in lines["rows"]
    ]
    return None if case.get("rows", rows) == rows else f"explains {rows}"


def cases_of(text):
    """The cases of a file, each with its defaults filled in."""
    whole = json.loads(text)
    return [instants(merged(BASE, whole.get("defaults", {}), case)) for case in whole["cases"]]


def run(text):
    """The failures of one file as JSON: `[["name of the case", "what is wrong"], ...]`."""
    failures = []
    for case in cases_of(text):
        found = problem(case)
        if found is not None:
            failures.append([case["name"], found])
    return json.dumps(failures)


def digest(text):
    """One hash over every answer of a file, to compare one runtime with another."""
    whole = hashlib.sha256()
    for case in cases_of(text):
        if "refused" not in case:
            whole.update(asked(case, debug=True)[0])
    return whole.hexdigest()
