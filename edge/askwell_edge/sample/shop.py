"""The sample shop's segments, creatives, intercepts and rules, as an operator would make them."""

from typing import Any

from askwell_edge.sample.constants import (
    CART_PATH,
    FEEDBACK_SELECTOR,
    HELP_PATH,
    HOME_PATH,
    INTERCEPT_ARABIC,
    INTERCEPT_CART,
    INTERCEPT_DRAFT,
    INTERCEPT_GOLD,
    INTERCEPT_HELP,
    INTERCEPT_PASSIVE,
    INTERCEPT_SALE,
    INTERCEPT_WELCOME,
    SEGMENT_BUYERS,
    SEGMENT_GOLD,
    SEGMENT_NEW,
    SEGMENT_REACHABLE,
    SEGMENT_RIGHT_TO_LEFT,
    SEGMENT_UNHAPPY,
    SURVEY_PATH,
    SURVEY_SHOP,
    SURVEY_SUPPORT,
)

DAY_MS = 86_400_000
DAY_S = 86_400

SEGMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        SEGMENT_GOLD,
        "Gold and platinum customers",
        {"field": "embeddedData.tier", "cmp": "in", "value": ["gold", "platinum"]},
    ),
    (
        SEGMENT_REACHABLE,
        "Has not opted out",
        {"field": "unsubscribed", "cmp": "is", "value": False},
    ),
    (
        SEGMENT_NEW,
        "New this month",
        {"field": "createdAt", "cmp": "withinLastDays", "value": 30},
    ),
    (
        SEGMENT_BUYERS,
        "Two orders or more in 30 days",
        {
            "field": "transactions.count",
            "where": {"type": "order"},
            "withinDays": 30,
            "cmp": "gte",
            "value": 2,
        },
    ),
    (
        SEGMENT_RIGHT_TO_LEFT,
        "Reads Arabic or Hebrew",
        {
            "op": "or",
            "items": [
                {"field": "language", "cmp": "startsWith", "value": "ar"},
                {"field": "language", "cmp": "startsWith", "value": "he"},
            ],
        },
    ),
    (
        SEGMENT_UNHAPPY,
        "Unhappy, paying and reachable",
        {
            "op": "and",
            "items": [
                {"field": "embeddedData.satisfaction", "cmp": "lte", "value": 6},
                {"field": "unsubscribed", "cmp": "is", "value": False},
                {
                    "op": "or",
                    "items": [
                        {"field": "embeddedData.plan", "cmp": "eq", "value": "pro"},
                        {"field": "embeddedData.plan", "cmp": "eq", "value": "plus"},
                    ],
                },
            ],
        },
    ),
)

RULES: tuple[dict[str, Any], ...] = (
    {"scope": "directory", "limits": [{"max": 3, "window_s": 7 * DAY_S}]},
    {"scope": "survey", "survey_id": SURVEY_SUPPORT, "ignore_directory": True},
)

CREATIVES: dict[str, tuple[str, dict[str, Any]]] = {
    "CR_GoldSlideIn0001": (
        "Gold invitation",
        {
            "kind": "slide_in",
            "title": "You know our shop best",
            "body": "Two minutes, three questions: what should we do better for you?",
            "accept": "Gladly",
            "decline": "Not today",
            "accent": "#0f766e",
        },
    ),
    "CR_CartDialog00001": (
        "Question in the cart",
        {
            "kind": "dialog",
            "title": "Did you find everything?",
            "body": "If something was missing, we would like to know. It takes a minute.",
            "accept": "Something was missing",
            "decline": "All good",
            "accent": "#0b6cff",
        },
    ),
    "CR_WelcomeSlideIn1": (
        "Welcome",
        {
            "kind": "slide_in",
            "title": "Welcome, glad you found us",
            "body": "One question, if you like: how did you hear of the shop?",
            "accept": "Sure",
            "decline": "Later",
            "accent": "#9a3412",
        },
    ),
    "CR_ArabicSlideIn01": (
        "Invitation in Arabic",
        {
            "kind": "slide_in",
            "title": "رأيك يهمّنا",
            "body": "ثلاثة أسئلة قصيرة عن تجربتك في المتجر.",
            "accept": "بكل سرور",
            "decline": "ليس الآن",
            "close": "إغلاق",
            "language": "ar",
            "direction": "rtl",
        },
    ),
    "CR_HelpSlideIn0001": (
        "Was this helpful?",
        {
            "kind": "slide_in",
            "title": "Did this page help?",
            "body": "Tell us what you were looking for, and the next one will find it here.",
            "accept": "Give feedback",
            "decline": "Skip",
        },
    ),
    "CR_Feedback0000001": (
        "Feedback button",
        {
            "kind": "dialog",
            "title": "What is on your mind?",
            "body": "Praise, a wish, a broken link: everything is read.",
            "accept": "Write to us",
            "decline": "",
            "accent": "#6d28d9",
        },
    ),
}


def intercepts_at(at: int, origin: str) -> tuple[tuple[str, str, str, dict[str, Any]], ...]:
    """Id, name, state (`draft`, `published`, `active`) and draft of the eight intercepts.

    Their invitations lead to the shop's own survey, at `origin`.
    """

    def action(name: str, creative_id: str, open: str = "tab") -> dict[str, Any]:
        target = {"kind": "url", "url": origin + SURVEY_PATH, "open": open}
        return {"id": f"AS_{name}", "creative_id": creative_id, "target": target}

    capped = {"linked": True, "frequency_control": True}
    return (
        (
            INTERCEPT_GOLD,
            "Gold customers on the home page",
            "active",
            {
                **capped,
                "survey_id": SURVEY_SHOP,
                "timing": {"on": "delay", "delay_s": 1},
                "condition": [_url(HOME_PATH), "and", _segment("is", SEGMENT_GOLD)],
                "actions": [action("GoldInvited0001", "CR_GoldSlideIn0001", "frame")],
            },
        ),
        (
            INTERCEPT_CART,
            "Anything missing in the cart?",
            "active",
            {
                **capped,
                "survey_id": SURVEY_SHOP,
                "condition": [
                    _url(CART_PATH),
                    "and",
                    _segment("is", SEGMENT_REACHABLE),
                    "and",
                    {"kind": "device", "cmp": "is_not", "value": ["tablet"]},
                ],
                "actions": [action("CartAsked000001", "CR_CartDialog00001")],
            },
        ),
        (
            INTERCEPT_WELCOME,
            "Welcome to somebody new",
            "active",
            {
                **capped,
                "timing": {"on": "delay", "delay_s": 1},
                "condition": [_url(HOME_PATH), "and", _segment("is", SEGMENT_NEW)],
                "actions": [action("WelcomeAsked001", "CR_WelcomeSlideIn1")],
            },
        ),
        (
            INTERCEPT_ARABIC,
            "In Arabic, on weekdays in Cairo",
            "active",
            {
                **capped,
                "survey_id": SURVEY_SHOP,
                "condition": [
                    _segment("is", SEGMENT_RIGHT_TO_LEFT),
                    "and",
                    {
                        "kind": "weekday",
                        "cmp": "is",
                        "value": [7, 1, 2, 3, 4],
                        "zone": "Africa/Cairo",
                    },
                ],
                "actions": [action("ArabicAsked0001", "CR_ArabicSlideIn01")],
            },
        ),
        (
            INTERCEPT_HELP,
            "Did the help page help? (not linked)",
            "active",
            {
                "survey_id": SURVEY_SUPPORT,
                "sample_rate": 5_000,
                "repeat_s": DAY_S,
                "timing": {"on": "scroll", "percent": 50},
                "condition": [_url(HELP_PATH)],
                "actions": [action("HelpAsked000001", "CR_HelpSlideIn0001")],
            },
        ),
        (
            INTERCEPT_SALE,
            "Winter sale (starts next week)",
            "active",
            {
                **capped,
                "schedule": {"from_at": at + 7 * DAY_MS, "until_at": at + 21 * DAY_MS},
                "condition": [_segment("is", SEGMENT_BUYERS)],
                "actions": [action("SaleAsked000001", "CR_GoldSlideIn0001")],
            },
        ),
        (
            INTERCEPT_PASSIVE,
            "Feedback button",
            "active",
            {
                "passive": True,
                "timing": {"on": "click", "selector": FEEDBACK_SELECTOR},
                "actions": [action("FeedbackGiven01", "CR_Feedback0000001")],
            },
        ),
        (
            INTERCEPT_DRAFT,
            "Before they leave (draft)",
            "draft",
            {
                **capped,
                "timing": {"on": "exit"},
                "condition": [
                    {"kind": "page_count", "cmp": "gte", "value": 3},
                    "and",
                    [
                        _segment("is", SEGMENT_UNHAPPY),
                        "or",
                        {"kind": "value", "path": "cart.total", "cmp": "gt", "value": 100},
                    ],
                ],
                "actions": [action("LeavingAsked001", "CR_CartDialog00001")],
            },
        ),
    )


def _url(path: str) -> Any:
    """The home page alone, with a query or without; or another page and what lies below it."""
    if path != HOME_PATH:
        return {"kind": "url", "cmp": "contains", "value": path}
    return [
        {"kind": "url", "cmp": "ends_with", "value": path},
        "or",
        {"kind": "url", "cmp": "contains", "value": f"{path}?"},
        "or",
        {"kind": "url", "cmp": "contains", "value": f"{path}#"},
    ]


def _segment(cmp: str, segment_id: str) -> dict[str, Any]:
    return {"kind": "segment", "cmp": cmp, "value": [segment_id]}
