"""Every parameter of the API's addresses: bounds and defaults, as they are read and described."""

from collections.abc import Mapping
from typing import Any

PAGE_SIZE, PAGE_LIMIT = 100, 1000

TEXT = {"type": "string"}
INSTANT = {"type": "integer", "format": "int64", "minimum": 0, "maximum": 10**14}

# Name -> (JSON Schema, what it means).
PARAMETERS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "pageSize": (
        {"type": "integer", "minimum": 1, "maximum": PAGE_LIMIT, "default": PAGE_SIZE},
        "how many elements a page has",
    ),
    "skipToken": (TEXT, "where to go on: the `skipToken` or `nextPage` of the page before"),
    "includeEmbedded": ({"type": "boolean", "default": True}, "with `embeddedData`"),
    "includeStats": (
        {"type": "boolean", "default": False},
        "with each contact's statistics, which no import reads back",
    ),
    "includeSegments": ({"type": "boolean", "default": False}, "with `segmentIds`"),
    "since": ({**INSTANT, "default": 0}, "only from this instant on, in UTC milliseconds"),
    "type": (
        {"enum": ["email", "response"], "default": "email"},
        "messages to the contact, or its answers",
    ),
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
    "objectId": (TEXT, "about this object, by its id"),
    "operatorId": (TEXT, "by this operator"),
    "action": ({**TEXT, "examples": ["contact.update"]}, "of this kind: a noun and a verb"),
    "until": (
        {**INSTANT, "default": INSTANT["maximum"]},
        "only before this instant, in UTC milliseconds",
    ),
}

# Parts of a path, each an id -> what ids of its kind begin with.
PATHS: Mapping[str, str] = {
    "directory_id": "POOL",
    "contact_id": "CID",
    "list_id": "CG",
    "segment_id": "SG",
    "rule_id": "FR",
    "transaction_id": "TX",
    "batch_id": "BT",
    "import_id": "IM",
    "progress_id": "PGRS",
    "merge_id": "MG",
    "run_id": "MR",
    "project_id": "ZN",
    "intercept_id": "SI",
    "creative_id": "CR",
    "operator_id": "OP",
    "token_id": "TK",
    "client_id": "CL",
}
