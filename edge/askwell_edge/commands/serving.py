"""`askwell serve`: the whole edge on one address, until it is told to stop."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from askwell_edge.commands.heads import BoundedHeads
from askwell_edge.commands.opening import prepare_folder
from askwell_edge.commands.telling import Trouble
from askwell_edge.settings import Settings

STOP_S = 5


def bind(settings: Settings) -> socket.socket:
    """A socket on the settings' address; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
    except OSError as problem:
        bound.close()
        raise Trouble(
            f"cannot listen on {settings.host}:{settings.port}: {problem.strerror}. "
            "Choose another port with --port, or 0 for any free one."
        ) from None
    return bound


def address_of(bound: socket.socket) -> str:
    """`http://127.0.0.1:8470`: where a browser on this machine reaches the socket."""
    host, port = bound.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - shown only
    return (
        f"http://[{shown}]:{port}"
        if ":" in shown and "[" not in shown
        else f"http://{shown}:{port}"
    )


def serve(
    settings: Settings,
    bound: socket.socket,
    ready: Callable[[], None],
    *,
    shop: bool = False,
) -> None:
    """Serve on the socket; calls `ready` once requests are answered, returns when stopped."""
    # Not above: every other verb would wait for all rooms and pages of the edge.
    from askwell_edge.app import create_app

    prepare_folder(settings.data_dir)
    begin_log(settings.log_level)
    config = uvicorn.Config(
        create_app(settings, shop=shop),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=STOP_S,
        http=BoundedHeads,
        ws="none",
    )
    server = _Announcing(config, ready)
    # The interrupt is raised again by uvicorn once everything is written.
    with (
        suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=config.get_loop_factory()) as runner,
    ):
        runner.run(server.serve(sockets=[bound]))
    if not server.started:
        raise Trouble("the edge did not start; the lines above say why")


def begin_log(level: str) -> None:
    """Write the log to the standard error output, a line for each thing, `key=value`."""
    logging.basicConfig(
        level=level.upper(), format="at=%(asctime)s level=%(levelname)s from=%(name)s %(message)s"
    )
    for chatty in ("alembic", "aiosqlite", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


class _Announcing(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()
