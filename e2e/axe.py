"""What axe says about a page that a person sees."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[1] / "snippet" / "node_modules" / "axe-core" / "axe.min.js"
# What is in order is not described: of a large page that takes far longer than to find it.
RUN = """async (rules) => {
  const kinds = { resultTypes: ["violations"] };
  const found = (await axe.run(rules ? { runOnly: rules, ...kinds } : kinds)).violations;
  return found.map(({ id, nodes }) =>
    `${id}: ${nodes.slice(0, 3).map(({ target, html }) => `${target} ${html.slice(0, 120)}`)}`);
}"""


def violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe complains about, by all its rules or these; rule and first places of each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text())
    found: list[str] = page.evaluate(RUN, rules)
    return found
