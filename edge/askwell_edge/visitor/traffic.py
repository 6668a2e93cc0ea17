"""How much may be asked: per client address and per project; what was held back is counted."""

from collections import Counter
from collections.abc import Mapping

from askwell_edge.access.limits import TokenBuckets
from askwell_edge.access.refusals import Throttled
from askwell_edge.settings import Settings


class Traffic:
    """The buckets of one process. A page that is refused shows nothing and does not ask again."""

    def __init__(self, settings: Settings) -> None:
        self._addresses = TokenBuckets(settings.address_rate_per_s, settings.address_burst)
        self._projects = TokenBuckets(settings.project_rate_per_s, settings.project_burst)
        self._creations = TokenBuckets(settings.creation_rate_per_s, settings.creation_burst)
        self._restricted: Counter[tuple[str, str]] = Counter()

    def admit(self, project_id: str, address: str, now: int) -> None:
        """Count one request of a page; Throttled (429) when there were too many."""
        if wait_s := self._addresses.take(address, now):
            self._restrict(project_id, "address", wait_s)
        if wait_s := self._projects.take(project_id, now):
            self._restrict(project_id, "project", wait_s)

    def may_create(self, project_id: str, address: str, now: int) -> bool:
        """Count one contact that a page of this address would bring into being."""
        if not self._creations.take(address, now):
            return True
        self._restricted[project_id, "creation"] += 1
        return False

    def restricted(self) -> Mapping[tuple[str, str], int]:
        """For administrators: `{("ZN_…", "address" | "project" | "creation"): times}`."""
        return dict(self._restricted)

    def _restrict(self, project_id: str, limit: str, wait_s: int) -> None:
        if len(self._restricted) < 10_000:
            self._restricted[project_id, limit] += 1
        raise Throttled("traffic restricted: too many requests", wait_s)
