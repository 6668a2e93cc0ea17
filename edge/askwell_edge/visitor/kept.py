"""Projects as visitors meet them, kept in memory for as long as nothing can have changed."""

from cachetools import TTLCache

from askwell_edge.errors import UnknownPage
from askwell_edge.projects.published import Published, published
from askwell_edge.store.engine import Store
from askwell_edge.store.tables import projects, signing_keys

# A change by this process is seen at once; one by another process after so long at most.
LIFE_S = 1.0
KEPT = 1000


class KeptProjects:
    """The projects of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: TTLCache[tuple[object, ...], Published] = TTLCache(KEPT, LIFE_S)

    async def find(self, project_id: str) -> Published:
        """The project with this id; UnknownPage (404) when there is none."""
        key = (project_id, *self._store.changes.of(projects, signing_keys))
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        async with self._store.glance() as conn:
            project = await published(conn, project_id)
        if project is None:
            raise UnknownPage(404, "unknown_project", "project: there is none with this id")
        self._kept[key] = project
        return project
