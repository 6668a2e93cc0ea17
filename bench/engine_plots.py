"""A page with the benchmark's plots: bars in SVG, no script, nothing from elsewhere."""

import html
from collections.abc import Iterable
from typing import Any

Bar = tuple[str, float, str]  # what it is, how much, whose: "stock", "ours" or "peer"

STYLE = """
:root { color-scheme: light dark; --ours: #0b6cff; --stock: #8a93a3; --peer: #b6a17c; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
p { max-width: 44rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { font-weight: 400; text-align: start; width: 34%; padding: .15rem .5rem .15rem 0; }
td:last-child { text-align: end; white-space: nowrap; width: 9rem; padding-inline-start: .75rem;
  font-variant-numeric: tabular-nums; }
svg { display: block; width: 100%; height: 1rem; }
.ours { fill: var(--ours); } .stock { fill: var(--stock); } .peer { fill: var(--peer); }
.part { opacity: .75; }
@media (max-width: 36rem) { th { width: 42%; } td:last-child { width: 6rem; } }
"""
STARTS = {"cold": "empty cache", "warm": "cached files, new browser", "alive": "the next page"}


def bars(rows: Iterable[Bar], unit: str) -> str:
    """A table whose middle column is drawn; the longest bar is the widest."""
    rows = list(rows)
    most = max(value for _, value, _ in rows) or 1
    lines = []
    for name, value, kind in rows:
        width = max(100 * value / most, 0.3)
        drawn = f'<rect class="{kind}" width="{width:.2f}%" height="100%" rx="2"/>'
        shown = f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"
        lines.append(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            f'<td><svg aria-hidden="true">{drawn}</svg></td><td>{shown} {unit}</td></tr>'
        )
    return f"<table>{''.join(lines)}</table>"


def starts(found: dict[str, Any]) -> str:
    """Stock and ours for each start, and their ratio in words."""
    rows: list[Bar] = []
    for start, words in STARTS.items():
        if start in found["stock_ms"]:
            rows.append((f"Stock, {start}: {words}", found["stock_ms"][start], "stock"))
        ratio = found["ratios"][start]
        share = f"{ratio:.2f} of stock" if ratio >= 0.1 else f"1/{1 / ratio:.0f} of stock"
        against = f"{share}'s warm start" if start == "alive" else share
        rows.append((f"Ours, {start}: {against}", found["engine_ms"][start], "ours"))
    return bars(rows, "ms")


def bytes_of(sizes: dict[str, int]) -> str:
    """Sizes in kilobytes, the largest first."""
    ordered = sorted(sizes.items(), key=lambda each: -each[1])
    return bars([(name, size / 1000, whose(name)) for name, size in ordered], "kB")


def whose(name: str) -> str:
    """By the first word: stock Pyodide's, ours, or a peer's."""
    return {"Stock": "stock", "Our": "ours"}.get(name.split()[0], "peer")


def page_of(found: dict[str, Any], sizes: dict[str, int]) -> str:
    """The whole page: times under each condition, then bytes."""
    parts = [("Loopback", found), *found["conditions"].items()]
    times = "".join(f"<h2>{html.escape(name)}</h2>{starts(each)}" for name, each in parts)
    live = found["live_decision_ms"]
    engines, scripts = {}, {}
    for name, size in sizes.items():
        (engines if "engine" in name or "Pyodide" in name else scripts)[name] = size
    others = next((each["rounds"] for _, each in parts[1:]), 0)
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>The engine beside stock Pyodide</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style>
<h1>The engine beside stock Pyodide</h1>
<p>From the first line of a page's script to the same decision by the same core, checked against
CPython's byte for byte. Stock is Pyodide of the same version with its defaults; both run in turns,
in the same browser on the same machine, each start in a new process: medians of {found["rounds"]}
rounds on loopback, of {others} elsewhere.</p>
{times}
<p>In a live engine on loopback a decision takes {live["round_trip"]} ms there and back through the
frame, {live["core"]} ms of it in the core.</p>
<h2>Bytes until the first decision, brotli 11</h2>{bytes_of(engines)}
<h2>Scripts in the page, brotli 11</h2>{bytes_of(scripts)}
<p>Most page views end with our loader alone. Formbricks' package loads the rest of its script from
its server, which is not counted here.</p>
</html>
"""
