"""Settings of one edge process, read from the environment once; each has a working default."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.config import Config, Environ


@dataclass(frozen=True, slots=True)
class Settings:
    """`ASKWELL_DATA_DIR`, `ASKWELL_PORT` … in capitals; see README.md for each."""

    data_dir: Path
    database_url: str  # sqlite+aiosqlite:///… or postgresql+asyncpg://…
    host: str
    port: int
    public_url: str  # where browsers reach the edge; empty: wherever they happen to ask
    trusted_proxies: str  # whose X-Forwarded-For is believed: "127.0.0.1,10.0.0.5"; empty: nobody's
    built_dir: Path  # what the build made for browsers
    engines: tuple[str, ...]  # which of the two a browser may use, in this order
    log_level: str  # "info" has a line for each request, on the standard error output
    modules: tuple[str, ...]  # "directory" and "website"; linking needs both
    import_folder: Path | None  # files that come to lie here are imported; see docs/directory.md
    segment_limit: int  # a directory's segments, 20 to 50
    upkeep_s: float  # how often it is looked whether segments are due to be built
    writes_waiting_limit: int
    address_rate_per_s: float  # of one client's address, for requests of pages
    address_burst: int
    project_rate_per_s: float
    project_burst: int
    creation_rate_per_s: float  # contacts that one address may bring into being
    creation_burst: int

    @property
    def path_prefix(self) -> str:
        """What a proxy puts before every path: `/ask` of `https://shop.example/ask`."""
        return urlsplit(self.public_url).path

    @property
    def public_origin(self) -> str:
        """`https://shop.example` of `https://shop.example/ask`; empty while nothing is set."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; a value that does not fit its type is refused by name."""
    read = Config(env_prefix="ASKWELL_", environ=environ if environ is not None else Environ())
    data_dir = read("DATA_DIR", cast=Path, default=Path("data"))
    url = read("DATABASE_URL", default="")
    return Settings(
        data_dir=data_dir,
        database_url=driver_url(url) if url else sqlite_url(data_dir),
        host=read("HOST", default="127.0.0.1"),
        port=read("PORT", cast=int, default=8470),
        public_url=read("PUBLIC_URL", default="").rstrip("/"),
        trusted_proxies=read("TRUSTED_PROXIES", default=""),
        built_dir=read("BUILT_DIR", cast=Path, default=Path("build")),
        engines=read("ENGINES", cast=_engines, default="image,plain"),
        log_level=read("LOG_LEVEL", cast=_log_level, default="info"),
        modules=tuple(read("MODULES", default="directory,website").replace(" ", "").split(",")),
        import_folder=read("IMPORT_FOLDER", cast=_folder, default=""),
        segment_limit=read("SEGMENT_LIMIT", cast=_segment_limit, default=20),
        upkeep_s=read("UPKEEP_S", cast=float, default=2.0),
        writes_waiting_limit=read("WRITES_WAITING_LIMIT", cast=int, default=4096),
        address_rate_per_s=read("ADDRESS_RATE_PER_S", cast=float, default=50.0),
        address_burst=read("ADDRESS_BURST", cast=int, default=500),
        project_rate_per_s=read("PROJECT_RATE_PER_S", cast=float, default=5000.0),
        project_burst=read("PROJECT_BURST", cast=int, default=20_000),
        creation_rate_per_s=read("CREATION_RATE_PER_S", cast=float, default=1.0),
        creation_burst=read("CREATION_BURST", cast=int, default=30),
    )


def _log_level(name: str) -> str:
    if name.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("debug, info, warning or error is expected")
    return name.lower()


def _engines(names: str) -> tuple[str, ...]:
    chosen = tuple(names.replace(" ", "").split(","))
    if not set(chosen) <= {"image", "plain"}:
        raise ValueError("image, plain or both are expected")
    return chosen


def _folder(name: str) -> Path | None:
    return Path(name) if name else None


def _segment_limit(text: str) -> int:
    if not 20 <= int(text) <= 50:
        raise ValueError("20 to 50 are expected")
    return int(text)


def sqlite_url(data_dir: Path) -> str:
    """The address of the embedded store in a data folder."""
    return f"sqlite+aiosqlite:///{data_dir / 'askwell.sqlite3'}"


def driver_url(url: str) -> str:
    """The same database by the drivers that the edge has: `postgresql://…` becomes asyncpg's."""
    scheme, separator, rest = url.partition("://")
    drivers = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    drivers["sqlite"] = "sqlite+aiosqlite"
    return drivers.get(scheme, scheme) + separator + rest
