"""The shapes of what pages and apps send; docs/wire.md section 6 describes each."""

from typing import Annotated, Any, Literal

import msgspec

ClientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,64}\Z")]
Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{1,8}_[A-Za-z0-9]{1,40}\Z")]
Instant = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
BEACONS_LIMIT = 64


class WhoAsks(msgspec.Struct):
    """Who the page says its visitor is. What is wrong with it is noted, never an error."""

    reference: Any = None
    token: Any = None
    contact: Any = None
    consent: Any = None
    channel: Literal["web", "app"] = "web"


class SnapshotQuestion(WhoAsks):
    """What is known of this visitor?"""

    page_view_id: ClientId | None = None


class DecideQuestion(SnapshotQuestion):
    """What may show? With `claims`, what comes soon is claimed at once."""

    claims: bool = False


class ClaimQuestion(WhoAsks, kw_only=True):
    """May this intercept show now?"""

    page_view_id: ClientId
    intercept: Id
    action: Id | None = None
    test: bool = False


class Beacon(WhoAsks, kw_only=True):
    """One thing that happened on the page."""

    id: ClientId
    kind: Literal["page_view", "displayed", "clicked", "dismissed", "cancelled"]
    at: Instant
    page_view_id: ClientId
    intercept: Id | None = None
    action: Id | None = None
    claim: Id | None = None
    test: bool = False


class Beacons(msgspec.Struct):
    """Beacons as they come; each is judged by itself."""

    beacons: Annotated[list[Any], msgspec.Meta(max_length=BEACONS_LIMIT)]
