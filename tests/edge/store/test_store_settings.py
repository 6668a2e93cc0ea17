"""Settings: each has a default that works, is documented, and is refused by name if it is wrong."""

import dataclasses
from pathlib import Path

import pytest

from askwell_edge.settings import Settings, driver_url, read_settings
from askwell_edge.visitor.routes import routes

DOCS = Path(__file__).parents[3] / "docs"


def test_every_setting_is_documented() -> None:
    written = (DOCS / "edge.md").read_text("utf-8")
    for field in dataclasses.fields(Settings):
        assert f"`{field.name.upper()}`" in written, field.name


def test_every_address_of_pages_is_documented() -> None:
    written = (DOCS / "wire.md").read_text("utf-8").replace("{ZN}", "{project}")
    for route in routes:
        assert route.path in written, route


def test_without_any_setting_the_store_is_a_file_beside() -> None:
    settings = read_settings({})
    assert settings.database_url == "sqlite+aiosqlite:///data/askwell.sqlite3"
    assert (settings.host, settings.path_prefix, settings.public_origin) == ("127.0.0.1", "", "")


def test_a_wrong_value_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="ASKWELL_PORT"):
        read_settings({"ASKWELL_PORT": "eighty"})


@pytest.mark.parametrize(
    ("given", "driven"),
    [
        ("postgresql://a@/b", "postgresql+asyncpg://a@/b"),
        ("postgres://a/b", "postgresql+asyncpg://a/b"),
        ("sqlite:////tmp/a", "sqlite+aiosqlite:////tmp/a"),
        ("postgresql+asyncpg://a/b", "postgresql+asyncpg://a/b"),
    ],
)
def test_addresses_of_databases_get_the_edges_drivers(given: str, driven: str) -> None:
    assert driver_url(given) == driven
