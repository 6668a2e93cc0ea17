"""/API/v3 contact frequency rules of a directory, each with its sentence in words."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from askwell_edge.access import audit
from askwell_edge.access.answers import Made, Page, Shown
from askwell_edge.access.calls import Call, api, recorded
from askwell_edge.access.roles import Permission, require
from askwell_edge.directory import frequency_rules as rules

ALL = "/directories/{directory_id}/frequencyrules"
ONE = f"{ALL}/{{rule_id}}"

RuleScope = Literal["directory", "survey", "list"]
Messages = Literal["all", "invites"]


class LimitBody(Struct, rename="camel", forbid_unknown_fields=True):
    """At most so many in so many seconds, by a window that rolls."""

    max: int
    window_seconds: int


class FrequencyRuleBody(Struct, rename="camel", forbid_unknown_fields=True):
    """A rule; what is absent keeps its value, or its default in a new rule."""

    scope: RuleScope | UnsetType = UNSET
    survey_id: str | UnsetType | None = UNSET
    mailing_list_id: str | UnsetType | None = UNSET
    messages: Messages | UnsetType = UNSET
    ignore_directory: bool | UnsetType = UNSET
    limits: list[LimitBody] | UnsetType = UNSET
    min_gap_seconds: int | UnsetType | None = UNSET

    def columns(self) -> dict[str, Any]:
        """What was sent, by column."""
        limits: Any = UNSET
        if self.limits is not UNSET:
            limits = [{"max": each.max, "window_s": each.window_seconds} for each in self.limits]
        sent = {
            "scope": self.scope,
            "survey_id": self.survey_id,
            "list_id": self.mailing_list_id,
            "messages": self.messages,
            "ignore_directory": self.ignore_directory,
            "limits": limits,
            "min_gap_s": self.min_gap_seconds,
        }
        return {name: value for name, value in sent.items() if value is not UNSET}


class FrequencyRule(Shown):
    """A contact frequency rule, and what it says in words."""

    frequency_rule_id: str
    scope: RuleScope
    survey_id: str | None
    mailing_list_id: str | None
    messages: Messages
    ignore_directory: bool
    limits: list[LimitBody]
    min_gap_seconds: int | None
    in_words: str


def rule_shape(row: Mapping[Any, Any]) -> FrequencyRule:
    """A rule as the API shows it."""
    return FrequencyRule(
        frequency_rule_id=row["rule_id"],
        scope=row["scope"],
        survey_id=row["survey_id"],
        mailing_list_id=row["list_id"],
        messages=row["messages"],
        ignore_directory=row["ignore_directory"],
        limits=[LimitBody(each["max"], each["window_s"]) for each in row["limits"]],
        min_gap_seconds=row["min_gap_s"],
        in_words=rules.sentence(row),
    )


def _managed(call: Call) -> str:
    directory_id = call.path("directory_id")
    require(call.caller, Permission.MANAGE_DIRECTORY, directory_id)
    return directory_id


async def list_all(call: Call) -> Page[FrequencyRule]:
    """GET: the directory's rules, oldest first."""
    directory_id = _managed(call)
    async with call.reading() as conn:
        rows = await rules.rules_of(conn, directory_id)
    return Page(elements=[rule_shape(row) for row in rows])


async def create(call: Call) -> Made:
    """POST: a new rule, in force at once; 409 `frequency_rule_limit` beyond 20."""
    body = await call.body(FrequencyRuleBody)
    directory_id = _managed(call)

    async def write(conn: AsyncConnection) -> str:
        rule_id = await rules.create_rule(conn, directory_id, body.columns(), call.at)
        row = await rules.get_rule(conn, directory_id, rule_id)
        await audit.record(
            conn,
            call.caller.operator_id,
            "frequency_rule.create",
            rule_id,
            call.at,
            after=recorded(row),
        )
        return rule_id

    return Made(id=await call.write(write))


async def get(call: Call) -> FrequencyRule:
    """GET: one rule."""
    directory_id = _managed(call)
    async with call.reading() as conn:
        return rule_shape(await rules.get_rule(conn, directory_id, call.path("rule_id")))


async def change(call: Call) -> None:
    """PUT: what is sent of the rule; in force at once."""
    body = await call.body(FrequencyRuleBody)
    directory_id, rule_id = _managed(call), call.path("rule_id")

    async def write(conn: AsyncConnection) -> None:
        before = await rules.get_rule(conn, directory_id, rule_id)
        await rules.change_rule(conn, directory_id, rule_id, body.columns(), call.at)
        after = await rules.get_rule(conn, directory_id, rule_id)
        await audit.record(
            conn,
            call.caller.operator_id,
            "frequency_rule.update",
            rule_id,
            call.at,
            before=recorded(before),
            after=recorded(after),
        )

    await call.write(write)


async def delete(call: Call) -> None:
    """DELETE: the rule; from now on it holds nothing back."""
    directory_id, rule_id = _managed(call), call.path("rule_id")

    async def write(conn: AsyncConnection) -> None:
        before = await rules.get_rule(conn, directory_id, rule_id)
        await rules.delete_rule(conn, directory_id, rule_id, call.at)
        await audit.record(
            conn,
            call.caller.operator_id,
            "frequency_rule.delete",
            rule_id,
            call.at,
            before=recorded(before),
        )

    await call.write(write)


routes: list[BaseRoute] = [
    api("GET", ALL, "read:directories", list_all),
    api("POST", ALL, "manage:directories", create, body=FrequencyRuleBody),
    api("GET", ONE, "read:directories", get),
    api("PUT", ONE, "manage:directories", change, body=FrequencyRuleBody),
    api("DELETE", ONE, "manage:directories", delete),
]
