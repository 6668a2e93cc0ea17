"""Draws: the page's one random number cut into independent ones, compared in whole numbers."""

from __future__ import annotations

from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Action, Bundle, Intercept, Request

WHOLE = 10_000
SPAN = 1 << 64


def cut(draw: str, purpose: str, name: str) -> int:
    """A number from 0 to 2**64 - 1 that depends on no other purpose or name."""
    seed = f"{draw}:{purpose}:{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(sha256(seed).digest()[:8], "big")


def passes(rate: int, number: int) -> bool:
    """Whether a cut falls within a rate in basis points: 0 never, 10000 always."""
    return number * WHOLE < rate * SPAN


def sampled(bundle: Bundle, intercept: Intercept, action: Action | None, request: Request) -> bool:
    """Whether deployment, intercept and action all let this page view through."""
    steps = [
        (bundle.settings.sample_rate, "deployment", bundle.project_id),
        (intercept.sample_rate, "intercept", intercept.id),
    ]
    if action is not None:
        steps.append((action.sample_rate, "action", action.id))
    for rate, purpose, name in steps:
        if rate != WHOLE and not passes(rate, cut(request.draw, purpose, name)):
            return False
    return True


def joint_rate(bundle: Bundle, intercept: Intercept, action: Action | None) -> int:
    """The three rates multiplied, in basis points, rounded down."""
    last = WHOLE if action is None else action.sample_rate
    return bundle.settings.sample_rate * intercept.sample_rate * last // WHOLE**2


def in_order(intercept: Intercept, request: Request) -> tuple[Action, ...]:
    """The action sets in the order in which they are tried, shuffled by the draw when asked."""
    if not intercept.randomise:
        return intercept.actions
    return tuple(
        sorted(
            intercept.actions,
            key=lambda action: cut(request.draw, "order", f"{intercept.id}:{action.id}"),
        )
    )
