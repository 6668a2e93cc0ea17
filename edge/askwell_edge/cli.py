"""The command line: `askwell serve`, `init`, `import`, `operator`, `token`, `client` and more."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from askwell_edge.access.roles import ROLES
from askwell_edge.access.tokens import SCOPES
from askwell_edge.commands import demonstrating, importing, keys, people, serving, setting_up
from askwell_edge.commands.opening import opened
from askwell_edge.commands.telling import Trouble, complain, say
from askwell_edge.directory.imports.options import Options
from askwell_edge.directory.imports.tables_in import format_of
from askwell_edge.errors import EdgeError
from askwell_edge.settings import Settings, read_settings

Verb = Callable[[Settings, argparse.Namespace], int | None]
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; 0 when it is done, 1 when rows were refused, 2 when it could not be done."""
    typed = _parser().parse_args(arguments)
    try:
        verb: Verb = typed.verb
        return verb(_settings(typed), typed) or 0
    except Trouble as trouble:
        complain(f"askwell: {trouble}")
    except EdgeError as refusal:
        complain(f"askwell: {refusal.message}")
    except KeyboardInterrupt:
        return 130
    return 2


def _settings(typed: argparse.Namespace) -> Settings:
    environ = dict(os.environ)
    if typed.data is not None:
        environ["ASKWELL_DATA_DIR"] = str(typed.data)
    try:
        settings = read_settings(environ)
    except ValueError as problem:
        raise Trouble(f"a setting does not fit: {problem}") from None
    changes = {
        name: getattr(typed, name)
        for name in ("host", "port")
        if getattr(typed, name, None) is not None
    }
    return replace(settings, **changes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="askwell", description="Ask the right visitor, at the right moment, never too often."
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _serving(verbs)
    _importing(verbs)
    _people(verbs)
    _keys(verbs)
    return parser


def _verb(verbs: Verbs, name: str, help: str, verb: Verb) -> argparse.ArgumentParser:
    made = verbs.add_parser(name, help=help, description=help)
    made.add_argument("--data", type=Path, metavar="DIR", help="the data folder (default: data)")
    made.set_defaults(verb=verb)
    return made


def _serving(verbs: Verbs) -> None:
    for name, help, verb in (
        ("serve", "Serve edge, console and API on one address.", _serve),
        ("demo", "Load the sample once and serve it with the demo shop.", _demo),
    ):
        made = _verb(verbs, name, help, verb)
        made.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
        made.add_argument("--port", type=int, help="port to listen on; 0 takes any free one")
    made = _verb(verbs, "init", "Make directory, project, keys and operator for a site.", _init)
    made.add_argument("--origin", required=True, help="of your pages: https://shop.example")
    made.add_argument("--name", default="My site", help="of the project")
    made.add_argument("--email", default="operator@example.com", help="the operator signs in with")
    made.add_argument("--public-url", help="where browsers reach the edge")
    made.add_argument(
        "--create-contacts",
        action="store_true",
        help="add visitors with an unknown reference as contacts",
    )
    _verb(verbs, "migrate", "Bring the store to the newest schema.", _migrate)


def _importing(verbs: Verbs) -> None:
    made = _verb(verbs, "import", "Import contacts from CSV, TSV or JSON lines.", _import)
    made.add_argument("file", type=Path)
    made.add_argument("--directory", metavar="POOL_…", help="needed when there are several")
    made.add_argument("--list", metavar="CG_…", help="also put the contacts on this mailing list")
    made.add_argument("--mode", choices=("upsert", "create_only", "update_only"), default="upsert")
    made.add_argument(
        "--dry-run",
        action="store_true",
        help="say what the first 10,000 rows would do, and change nothing",
    )
    made.add_argument("--format", choices=("csv", "tsv", "jsonl"), help="default: by the name")
    made.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=NAME",
        help="give a column another name; COLUMN= leaves it out",
    )


def _people(verbs: Verbs) -> None:
    inner = verbs.add_parser("operator", help="Who may sign in, and what each may do.")
    operators = inner.add_subparsers(required=True, metavar="WHAT")
    made = _verb(operators, "add", "A new operator.", _operator_add)
    made.add_argument("email")
    made.add_argument("--name")
    made.add_argument("--admin", action="store_true", help="brand administrator")
    made.add_argument("--password-stdin", action="store_true")
    made = _verb(operators, "password", "Another password.", _operator_password)
    made.add_argument("email")
    made.add_argument("--password-stdin", action="store_true")
    made = _verb(operators, "role", "A role in a directory.", _operator_role)
    made.add_argument("email")
    made.add_argument("directory", metavar="POOL_…")
    made.add_argument("role", choices=tuple(ROLES))
    _verb(operators, "list", "All operators and their roles.", _operator_list)
    for name, help in (
        ("disable", "Let an operator in no more, nor their tokens and clients."),
        ("enable", "Let a disabled operator in again, with their tokens and clients."),
    ):
        made = _verb(operators, name, help, _operator_switch)
        made.add_argument("email")
        made.set_defaults(on=name == "enable")


def _keys(verbs: Verbs) -> None:
    inner = verbs.add_parser("token", help="API tokens.")
    tokens = inner.add_subparsers(required=True, metavar="WHAT")
    made = _verb(tokens, "add", "A new API token, shown once.", _token_add)
    made.add_argument("email", help="of the operator whom the token stands for")
    made.add_argument("--name", default="made by askwell token")
    made.add_argument("--scope", action="append", choices=SCOPES, help="default: all of them")
    _verb(tokens, "list", "All tokens.", _token_list)
    made = _verb(tokens, "revoke", "End a token.", _token_revoke)
    made.add_argument("token_id", metavar="TK_…")
    inner = verbs.add_parser("client", help="OAuth clients, which get tokens for an hour.")
    clients = inner.add_subparsers(required=True, metavar="WHAT")
    made = _verb(clients, "add", "A new OAuth client, its secret shown once.", _client_add)
    made.add_argument("email", help="of the operator whom the client stands for")
    made.add_argument("--name", default="made by askwell client")
    made.add_argument("--scope", action="append", choices=SCOPES, help="default: all of them")
    _verb(clients, "list", "All clients.", _client_list)
    made = _verb(clients, "revoke", "End a client and its tokens.", _client_revoke)
    made.add_argument("client_id", metavar="CL_…")


def _serve(settings: Settings, typed: argparse.Namespace) -> None:
    bound = serving.bind(settings)
    address = serving.address_of(bound)
    serving.serve(settings, bound, lambda: say(f"ready {address}/"))


def _demo(settings: Settings, typed: argparse.Namespace) -> None:
    demonstrating.demo(settings)


def _init(settings: Settings, typed: argparse.Namespace) -> None:
    wanted = setting_up.Wanted(
        typed.origin, typed.name, typed.email, typed.create_contacts, typed.public_url
    )
    asyncio.run(setting_up.init(settings, wanted))


def _migrate(settings: Settings, typed: argparse.Namespace) -> None:
    async def open_once() -> None:
        async with opened(settings):
            pass

    asyncio.run(open_once())
    say("the store has the newest schema")


def _import(settings: Settings, typed: argparse.Namespace) -> int:
    options = Options(
        format=typed.format or format_of(typed.file.name),
        mode=typed.mode,
        list_id=typed.list,
        mapping=importing.read_mapping(typed.map),
    )
    act = importing.rehearse_file if typed.dry_run else importing.import_file
    refused = asyncio.run(act(settings, typed.file, typed.directory, options))
    return 1 if refused else 0


def _operator_add(settings: Settings, typed: argparse.Namespace) -> None:
    password = people.typed_password(typed.password_stdin)
    asyncio.run(people.add_operator(settings, typed.email, typed.name, typed.admin, password))


def _operator_password(settings: Settings, typed: argparse.Namespace) -> None:
    password = people.typed_password(typed.password_stdin)
    asyncio.run(people.change_password(settings, typed.email, password))


def _operator_role(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(people.give_role(settings, typed.email, typed.directory, typed.role))


def _operator_list(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(people.show_operators(settings))


def _token_add(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(keys.add_token(settings, typed.email, typed.name, typed.scope))


def _token_list(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(keys.show_tokens(settings))


def _token_revoke(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(keys.end_token(settings, typed.token_id))


def _operator_switch(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(people.switch_operator(settings, typed.email, on=typed.on))


def _client_add(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(keys.add_client(settings, typed.email, typed.name, typed.scope))


def _client_list(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(keys.show_clients(settings))


def _client_revoke(settings: Settings, typed: argparse.Namespace) -> None:
    asyncio.run(keys.end_client(settings, typed.client_id))


if __name__ == "__main__":
    sys.exit(main())
