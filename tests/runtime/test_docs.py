"""What the documentation owes to the core."""

from pathlib import Path

from askwell_runtime.kinds import KINDS
from askwell_runtime.model import Reason

DOCS = Path(__file__).parents[2] / "docs"


def test_every_reason_is_documented_and_in_its_order():
    text = (DOCS / "decisions.md").read_text()
    places = [text.index(f"`{reason}`") for reason in Reason]
    assert places == sorted(places)


def test_every_kind_and_comparison_is_in_the_contract():
    text = (DOCS / "wire.md").read_text()
    for kind, (_, comparisons) in KINDS.items():
        assert f"`{kind}`" in text or f"`{kind}" in text
        for cmp in comparisons:
            assert cmp in text
