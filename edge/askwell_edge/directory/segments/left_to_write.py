"""What the judging of a batch left to write, taken apart into small transactions."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from askwell_edge.directory.criteria.judging import Judged
from askwell_edge.directory.criteria.timelines import Pack
from askwell_edge.directory.segments.marks import Mark

ROWS = 1_500  # of whatever kind, that are written in one transaction
DEAR = 2  # whoever is judged in it is as good as so many


class LeftToWrite(NamedTuple):
    """What is written of each kind, and in which order: marks are taken off last."""

    changed: Sequence[Judged] = ()
    packs: Sequence[Pack] = ()
    doubtful: Sequence[str] = ()  # ids of who is to be judged one by one
    marks: Sequence[Mark] = ()

    def parts(self) -> Iterator["LeftToWrite"]:
        """The same in the order of ids, about ROWS at a time; all of one contact together."""
        kinds = [sorted(rows, key=id_of) for rows, id_of in zip(self, _IDS, strict=True)]
        ids = [id_of(row) for rows, id_of in zip(kinds, _IDS, strict=True) for row in rows]
        ids += list(self.doubtful) * (DEAR - 1)
        if not ids:
            return
        ids.sort()
        lasts = [*ids[ROWS - 1 : -1 : ROWS], ids[-1]]
        cuts = [
            [0, *(bisect_right(rows, last, key=id_of) for last in lasts)]
            for rows, id_of in zip(kinds, _IDS, strict=True)
        ]
        for places in pairwise(zip(*cuts, strict=True)):
            found: list[Any] = [
                rows[start:end] for rows, start, end in zip(kinds, *places, strict=True)
            ]
            yield LeftToWrite(*found)

    def kinds(self) -> Iterator["LeftToWrite"]:
        """The same, each kind by itself."""
        each_alone = (
            LeftToWrite(changed=self.changed),
            LeftToWrite(packs=self.packs),
            LeftToWrite(doubtful=self.doubtful),
            LeftToWrite(marks=self.marks),
        )
        return (each for each in each_alone if any(each))


_IDS: Sequence[Callable[[Any], str]] = (
    itemgetter("contact_id"),
    itemgetter(0),
    str,
    itemgetter(0),
)
