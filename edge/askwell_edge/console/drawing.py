"""Small plots, drawn on the server as the points of an SVG line."""

from collections.abc import Mapping, Sequence
from typing import Any

EDGE = 3


def line(sizes: Sequence[Mapping[Any, Any]], width: int, height: int) -> dict[str, Any] | None:
    """Points and ground of a size's history, given newest first; None without two builds."""
    points = [(each["at"], each["member_count"]) for each in reversed(sizes)]
    if len(points) < 2:
        return None
    first, last = points[0][0], points[-1][0]
    top = max(count for _, count in points) or 1
    across, down = width - 2 * EDGE, height - 2 * EDGE
    span = (last - first) or 1
    drawn = [
        (EDGE + across * (at - first) / span, EDGE + down * (1 - count / top))
        for at, count in points
    ]
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
    ground = f"{drawn[0][0]:.1f},{height - EDGE} {text} {drawn[-1][0]:.1f},{height - EDGE}"
    return {
        "line": text,
        "ground": ground,
        "width": width,
        "height": height,
        "top": top,
        "sizes": [count for _, count in points],
        "first": first,
        "last": last,
        "end": drawn[-1],
    }
