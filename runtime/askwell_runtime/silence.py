"""Who gets no message, and why. It stops messages alone: an intercept shows all the same."""

from __future__ import annotations

from enum import StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class Silence(StrEnum):
    """Why a contact gets no message; the first that applies, in this order."""

    ADDRESS = "no_address"
    EVERYWHERE = "opted_out_everywhere"
    DIRECTORY = "opted_out_directory"
    LIST = "opted_out_list"
    SUPPRESSED = "suppressed"


def silence_of(held: Mapping[Silence, bool]) -> Silence | None:
    """Why a contact that is so held back gets no message; None: it may be written to.

    A segment holds nobody back: who does not want its messages leaves the directory's (R11).
    """
    return next((each for each in Silence if held.get(each)), None)
