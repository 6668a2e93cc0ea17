"""The page of acceptance scenarios says what the tests say."""

import scenarios


def test_every_claimed_scenario_exists():
    known = {scenario for area in scenarios.areas().values() for scenario in area}
    unknown = [
        (scenario, str(path)) for scenario, path in scenarios.claims() if scenario not in known
    ]
    assert not unknown


def test_the_page_is_up_to_date():
    said = scenarios.TABLE.read_text()
    assert said == scenarios.table(), "run: python tests/scenarios.py"
