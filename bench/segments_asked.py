"""Twenty nested segments to measure with, and the same in DuckDB's SQL, written by hand."""

from string import Template
from typing import Any

from directory_data import DAY_MS

Criteria = dict[str, Any]
BEFORE = 20468 * DAY_MS  # 2026-01-15


def leaf(field: str, cmp: str, value: Any = None, **more: Any) -> Criteria:
    return {"field": field, "cmp": cmp, **({} if value is None else {"value": value}), **more}


def both(*items: Criteria) -> Criteria:
    return {"op": "and", "items": list(items)}


def either(*items: Criteria) -> Criteria:
    return {"op": "or", "items": list(items)}


def within(name: str, days: int, cmp: str, value: float, **more: Any) -> Criteria:
    return leaf(f"activity.{name}", cmp, value, withinDays=days, **more)


TIER, COUNTRY, PLAN = "embeddedData.tier", "embeddedData.country", "embeddedData.plan"
TRIAL = either(leaf(PLAN, "eq", "trial"), leaf("list.CG_trial", "is", True))
PARTNER = leaf("list.CG_partners", "is", True)
SCORE = "embeddedData.score"

# Name, criteria, and the same over the columns of `counts` below; $AT is the instant.
SEGMENTS: list[tuple[str, Criteria, str]] = [
    (
        "Gold in Germany",
        both(leaf(TIER, "in", ["gold", "platinum"]), leaf(COUNTRY, "eq", "DE")),
        "tier IN ('gold', 'platinum') AND country = 'DE'",
    ),
    (
        "Reads the news",
        both(
            leaf("email", "notEmpty"),
            leaf("unsubscribed", "is", False),
            leaf("list.CG_news", "is", True),
            leaf("listUnsubscribed.CG_news", "is", False),
        ),
        "email <> '' AND NOT unsubscribed AND on_news AND NOT off_news",
    ),
    (
        "Engaged",
        either(within("clickedCount", 90, "gte", 2), within("responseCount", 90, "gte", 1)),
        "clicked_90 >= 2 OR answered_90 >= 1",
    ),
    (
        "Asked too often",
        both(within("inviteCount", 90, "gte", 3), within("responseCount", 90, "lt", 1)),
        "invited_90 >= 3 AND answered_90 < 1",
    ),
    ("New", leaf("createdAt", "withinLastDays", 60), f"created_at > $AT - {60 * DAY_MS}"),
    (
        "Dormant",
        both(
            leaf("activity.lastDisplayedAt", "notWithinLastDays", 180),
            leaf("activity.lastInviteAt", "notWithinLastDays", 90),
        ),
        f"coalesce(displayed_at, 0) <= $AT - {180 * DAY_MS}"
        f" AND coalesce(invited_at, 0) <= $AT - {90 * DAY_MS}",
    ),
    (
        "Likes to answer",
        within("responseRate", 365, "gte", 30),
        "invited_365 > 0 AND 100.0 * answered_365 / invited_365 >= 30",
    ),
    (
        "Promoters",
        both(
            leaf(SCORE, "gte", 90),
            either(leaf(TIER, "eq", "platinum"), leaf("activity.responseCount", "gte", 2)),
        ),
        "score >= 90 AND (tier = 'platinum' OR answered >= 2)",
    ),
    (
        "Unhappy and often here",
        both(leaf(SCORE, "lt", 20), within("displayedCount", 365, "gte", 3)),
        "score < 20 AND displayed_365 >= 3",
    ),
    ("On trial", TRIAL, "plan = 'trial' OR on_trial"),
    (
        "On trial at work",
        both(TRIAL, leaf("emailDomain", "eq", "work.example")),
        "(plan = 'trial' OR on_trial) AND split_part(email, '@', 2) = 'work.example'",
    ),
    (
        "Best, and not invited lately",
        both(either(PARTNER, leaf(TIER, "eq", "platinum")), within("inviteCount", 30, "eq", 0)),
        "(on_partners OR tier = 'platinum') AND invited_30 = 0",
    ),
    (
        "Reads English elsewhere",
        both(leaf("language", "startsWith", "en"), leaf(COUNTRY, "in", ["DE", "FR", "JP"])),
        "starts_with(language, 'en') AND country IN ('DE', 'FR', 'JP')",
    ),
    (
        "Asked how likely",
        within("displayedCount", 180, "gte", 1, surveyId="SV_nps"),
        "asked_nps_180 >= 1",
    ),
    (
        "Answered at the checkout",
        leaf("activity.responseCount", "gte", 1, surveyId="SV_checkout"),
        "answered_checkout >= 1",
    ),
    (
        "Worth a call",
        either(
            both(
                leaf(TIER, "eq", "gold"),
                either(
                    leaf(COUNTRY, "eq", "US"),
                    both(leaf(COUNTRY, "eq", "DE"), leaf(SCORE, "between", [40, 60])),
                ),
            ),
            both(leaf("activity.inviteCount", "gte", 5), within("responseRate", 365, "lt", 10)),
        ),
        "tier = 'gold' AND (country = 'US' OR country = 'DE' AND score BETWEEN 40 AND 60)"
        " OR invited >= 5 AND invited_365 > 0 AND 100.0 * answered_365 / invited_365 < 10",
    ),
    ("Recorded lately", within("sessionCount", 30, "gte", 1), "recorded_30 >= 1"),
    (
        "Looks and goes",
        both(within("displayedCount", 90, "gte", 2), within("clickedCount", 90, "eq", 0)),
        "displayed_90 >= 2 AND clicked_90 = 0",
    ),
    (
        "Loyal",
        both(
            leaf("createdAt", "before", "2026-01-15"),
            leaf("activity.lastResponseAt", "withinLastDays", 120),
        ),
        f"created_at < {BEFORE} AND coalesce(answered_at, 0) > $AT - {120 * DAY_MS}",
    ),
    (
        "May be asked",
        both(
            leaf("unsubscribed", "is", False), either(within("inviteCount", 30, "lt", 1), PARTNER)
        ),
        "NOT unsubscribed AND (invited_30 < 1 OR on_partners)",
    ),
]


def counted(name: str, types: str, days: int | None = None, more: str = "") -> str:
    since = "" if days is None else f" AND touchpoints.at > $AT - {days * DAY_MS}"
    return f"count(*) FILTER (type IN ({types}){since}{more}) AS {name}"


INVITES = "'email_sent', 'sms_sent'"
ANSWERS, SHOWN, CLICKS = "'survey_finished'", "'intercept_displayed'", "'intercept_clicked'"
MEASURES = ", ".join(
    [
        counted("invited", INVITES),
        *(counted(f"invited_{days}", INVITES, days) for days in (30, 90, 365)),
        counted("answered", ANSWERS),
        *(counted(f"answered_{days}", ANSWERS, days) for days in (90, 365)),
        counted("answered_checkout", ANSWERS, None, " AND survey_id = 'SV_checkout'"),
        *(counted(f"displayed_{days}", SHOWN, days) for days in (90, 365)),
        counted("asked_nps_180", SHOWN, 180, " AND survey_id = 'SV_nps'"),
        counted("clicked_90", CLICKS, 90),
        counted("recorded_30", "'session_recorded'", 30),
        f"max(touchpoints.at) FILTER (type = {SHOWN}) AS displayed_at",
        f"max(touchpoints.at) FILTER (type IN ({INVITES})) AS invited_at",
        f"max(touchpoints.at) FILTER (type = {ANSWERS}) AS answered_at",
    ]
)
ZEROS = [
    *("invited", "invited_30", "invited_90", "invited_365", "answered", "answered_90"),
    *("answered_365", "answered_checkout", "displayed_90", "displayed_365", "asked_nps_180"),
    *("clicked_90", "recorded_30"),
]
COUNTS = Template(
    f"""
WITH done AS (SELECT contact_id, {MEASURES} FROM touchpoints WHERE NOT test GROUP BY contact_id),
listed AS (
    SELECT contact_id, bool_or(list_id = 'CG_news') AS on_news,
        bool_or(list_id = 'CG_news' AND unsubscribed) AS off_news,
        bool_or(list_id = 'CG_trial') AS on_trial, bool_or(list_id = 'CG_partners') AS on_partners
    FROM list_members GROUP BY contact_id
),
facts AS (
    SELECT email, language, created_at, contacts.unsubscribed,
        embedded_data->>'tier' AS tier, embedded_data->>'country' AS country,
        embedded_data->>'plan' AS plan, try_cast(embedded_data->>'score' AS DOUBLE) AS score,
        {", ".join(f"coalesce({name}, false) AS {name}" for name in ("on_news", "off_news"))},
        {", ".join(f"coalesce({name}, false) AS {name}" for name in ("on_trial", "on_partners"))},
        {", ".join(f"coalesce({name}, 0) AS {name}" for name in ZEROS)},
        displayed_at, invited_at, answered_at
    FROM contacts LEFT JOIN done USING (contact_id) LEFT JOIN listed USING (contact_id)
)
SELECT {", ".join(f"count(*) FILTER ({sql})" for _, _, sql in SEGMENTS)} FROM facts
"""
)


def counts(at: int) -> str:
    """The statement that counts each segment's members as of this instant."""
    return COUNTS.substitute(AT=at)
