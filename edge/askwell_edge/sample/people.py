"""The sample's contacts: 2,000 people from one seed, with what they bought and were sent."""

import random
import unicodedata
from typing import Any

from askwell_edge.sample.constants import (
    CAPPED_REFERENCE,
    CONTACT_COUNT,
    DIRECTORY_ID,
    INTERCEPT_CART,
    INTERCEPT_GOLD,
    KNOWN_REFERENCE,
    LIST_BETA,
    LIST_NEWSLETTER,
    PROJECT_ID,
    SEED,
    SURVEY_SHOP,
    SURVEY_SUPPORT,
)
from askwell_edge.sample.names import CULTURES, Culture

DAY_MS = 86_400_000
TIERS = ("bronze", "silver", "gold", "platinum")
PLANS = ("free", "plus", "pro")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Sample:
    """Rows by table, made in one order from one seed, so that every machine has the same."""

    def __init__(self, at: int) -> None:
        self.at = at
        self._random = random.Random(SEED)  # noqa: S311 - for show, not for secrets
        self.contacts: list[dict[str, Any]] = []
        self.list_members: list[dict[str, Any]] = []
        self.touchpoints: list[dict[str, Any]] = []
        self.transactions: list[dict[str, Any]] = []
        for number in range(1, CONTACT_COUNT + 1):
            self._add_person(number)

    def _id(self, prefix: str) -> str:
        return f"{prefix}_" + "".join(self._random.choices(ALPHABET, k=15))

    def _add_person(self, number: int) -> None:
        reference = f"U-{number}"
        starring = reference in (KNOWN_REFERENCE, CAPPED_REFERENCE)
        weights = [culture.share for culture in CULTURES]
        culture = CULTURES[0] if starring else self._random.choices(CULTURES, weights)[0]
        person = self._person(number, reference, culture)
        if starring:
            person["embedded_data"] |= {"tier": "gold", "plan": "pro"}
            person["unsubscribed"] = False
        created_at = self.at - self._random.randrange(2, 900) * DAY_MS
        contact_id = self._id("CID")
        self.contacts.append(
            {
                "contact_id": contact_id,
                "directory_id": DIRECTORY_ID,
                "created_at": created_at,
                "modified_at": created_at,
                **person,
            }
        )
        self._join_lists(contact_id, person)
        self._buy(contact_id, person)
        if starring:
            self._star(contact_id, reference)
        else:
            self._month(contact_id)

    def _person(self, number: int, reference: str, culture: Culture) -> dict[str, Any]:
        given, given_latin = _spelled(self._random.choice(culture.given))
        family, family_latin = _spelled(self._random.choice(culture.family))
        domain = self._random.choice(("example.com", "example.org", "example.net"))
        digits = [str(self._random.randrange(10)) if c == "#" else c for c in culture.phone]
        return {
            "external_reference": reference,
            "first_name": given,
            "last_name": family,
            "email": f"{given_latin}.{family_latin}{number}@{domain}",
            "phone": "".join(digits) if self._random.random() < 0.8 else None,
            "language": culture.language,
            "embedded_data": {
                "tier": self._random.choices(TIERS, (50, 30, 15, 5))[0],
                "city": self._random.choice(culture.cities),
                "plan": self._random.choices(PLANS, (60, 28, 12))[0],
                "satisfaction": str(self._random.choices(range(11), (1,) * 6 + (2, 3, 5, 6, 6))[0]),
            },
            "unsubscribed": self._random.random() < 0.06,
        }

    def _join_lists(self, contact_id: str, person: dict[str, Any]) -> None:
        wanted = [LIST_NEWSLETTER] if self._random.random() < 0.7 else []
        if person["embedded_data"]["plan"] == "pro":
            wanted.append(LIST_BETA)
        for list_id in wanted:
            left = self._random.random() < 0.05
            self.list_members.append(
                {
                    "list_id": list_id,
                    "contact_id": contact_id,
                    "unsubscribed": left,
                    "unsubscribed_at": self.at - 10 * DAY_MS if left else None,
                }
            )

    def _buy(self, contact_id: str, person: dict[str, Any]) -> None:
        eager = TIERS.index(person["embedded_data"]["tier"]) + 1
        for _ in range(self._random.randrange(0, eager + 1)):
            self.transactions.append(
                {
                    "transaction_id": self._id("TX"),
                    "contact_id": contact_id,
                    "directory_id": DIRECTORY_ID,
                    "at": self._moment(45),
                    "fields": {
                        "type": self._random.choices(("order", "support"), (4, 1))[0],
                        "amount": str(self._random.randrange(5, 400)),
                    },
                }
            )

    def _month(self, contact_id: str) -> None:
        """A month as it goes: some invited by mail, of them some answer, some meet an intercept."""
        chance = self._random.random()
        if chance < 0.45:
            sent_at = self._moment(30)
            survey = self._random.choice((SURVEY_SHOP, SURVEY_SUPPORT))
            self._touch(contact_id, sent_at, "email_sent", "email", survey, counts=True)
            if self._random.random() < 0.5:
                self._touch(contact_id, sent_at + 3_600_000, "email_opened", "email", survey)
            if self._random.random() < 0.2:
                self._touch(contact_id, sent_at + 7_200_000, "survey_finished", "web", survey)
        if chance > 0.6:
            self._display(contact_id, self._moment(30))

    def _display(self, contact_id: str, at: int) -> None:
        self._touch(
            contact_id, at, "intercept_displayed", "web", SURVEY_SHOP, INTERCEPT_CART, counts=True
        )
        answer = self._random.choices(("intercept_clicked", "intercept_dismissed"), (1, 3))[0]
        self._touch(contact_id, at + 9_000, answer, "web", SURVEY_SHOP, INTERCEPT_CART)

    def _star(self, contact_id: str, reference: str) -> None:
        """U-1 was asked once, weeks ago; U-2 as often in a week as the directory's rule allows."""
        days = (20.0,) if reference == KNOWN_REFERENCE else (4.9, 3.2, 1.1)
        for age in days:
            at = self.at - int(age * DAY_MS)
            self._touch(
                contact_id,
                at,
                "intercept_displayed",
                "web",
                SURVEY_SHOP,
                INTERCEPT_GOLD,
                counts=True,
            )
            self._touch(
                contact_id, at + 9_000, "intercept_dismissed", "web", SURVEY_SHOP, INTERCEPT_GOLD
            )

    def _touch(
        self,
        contact_id: str,
        at: int,
        type: str,
        channel: str,
        survey_id: str,
        intercept_id: str | None = None,
        *,
        counts: bool = False,
    ) -> None:
        self.touchpoints.append(
            {
                "touchpoint_id": self._id("TP"),
                "contact_id": contact_id,
                "directory_id": DIRECTORY_ID,
                "at": min(at, self.at - 60_000),
                "type": type,
                "channel": channel,
                "project_id": PROJECT_ID if intercept_id else None,
                "intercept_id": intercept_id,
                "survey_id": survey_id,
                "counts_toward_caps": counts,
                "test": False,
                "details": None,
            }
        )

    def _moment(self, days: int) -> int:
        return self.at - self._random.randrange(DAY_MS, days * DAY_MS)


def _spelled(name: str) -> tuple[str, str]:
    """The name, and its plain Latin letters for an address."""
    shown, _, latin = name.partition("|")
    plain = unicodedata.normalize("NFKD", (latin or shown).translate(_LETTERS))
    return shown, "".join(c for c in plain.lower() if c.isascii() and c.isalnum())


_LETTERS = str.maketrans({"ß": "ss", "Ł": "L", "ł": "l"})
