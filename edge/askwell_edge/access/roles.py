"""What an operator may do: permissions per directory, scopes per token, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from askwell_edge.access.refusals import Forbidden, Unknown
from askwell_edge.store.tables import directories, directory_roles, operators


class Permission(StrEnum):
    """What a role may hold; `spoken` is how a person says it."""

    BRAND_ADMINISTRATOR = "brand_administrator"
    ACCESS_CONTACTS = "access_contacts"
    MANAGE_DIRECTORY = "manage_directory"

    @property
    def spoken(self) -> str:
        """`Manage Directory`."""
        return self.value.replace("_", " ").title()


# What each permission lets an operator do; the permission viewer shows these lines.
ALLOWS: Mapping[Permission, tuple[str, ...]] = {
    Permission.ACCESS_CONTACTS: (
        "see mailing lists and their contacts",
        "open, create and change a contact",
        "use existing segments",
        "link a project to the directory",
    ),
    Permission.MANAGE_DIRECTORY: (
        "search, delete, import and export the contacts of the whole directory",
        "create, change, rebuild and delete segments",
        "change frequency rules and identity rules, and merge contacts",
        "switch on that visitors are added as contacts",
    ),
    Permission.BRAND_ADMINISTRATOR: (
        "everything in every directory",
        "create directories",
        "create operators and give them roles",
    ),
}


@dataclass(frozen=True, slots=True)
class Role:
    """One operator's permissions in one directory."""

    access_contacts: bool
    manage_directory: bool


# What an operator is given in a directory, by its name.
ROLES: Mapping[str, Role | None] = {
    "none": None,
    "access": Role(access_contacts=True, manage_directory=False),
    "manage": Role(access_contacts=True, manage_directory=True),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands behind a request. `scopes` narrow a token; None narrows nothing."""

    operator_id: str
    name: str
    brand_administrator: bool
    roles: Mapping[str, Role] = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    disabled: bool = False  # only ever looked at: nobody who is disabled gets in
    client_id: str | None = None  # by whose access token the request was let in

    def may(self, permission: Permission, directory_id: str | None = None) -> bool:
        """True when the operator holds `permission`, in that directory where it is one's own."""
        if self.disabled:
            return False
        if self.brand_administrator:
            return True
        role = self.roles.get(directory_id or "")
        match permission:
            case Permission.ACCESS_CONTACTS:
                return role is not None and (role.access_contacts or role.manage_directory)
            case Permission.MANAGE_DIRECTORY:
                return role is not None and role.manage_directory
        return False

    def has_scope(self, scope: str) -> bool:
        """True when nothing narrows the caller, or this scope is among its own."""
        if self.scopes is None or scope in self.scopes:
            return True
        verb, _, noun = scope.partition(":")
        return verb == "read" and f"manage:{noun}" in self.scopes

    def role_in(self, directory_id: str) -> str:
        """`none`, `access` or `manage`: what was given in this directory itself."""
        role = self.roles.get(directory_id)
        return next(name for name, each in ROLES.items() if each == role)

    def sees(self, directory_id: str) -> bool:
        """True when the directory exists at all for this operator."""
        return self.may(Permission.ACCESS_CONTACTS, directory_id)


def require(caller: Caller, permission: Permission, directory_id: str | None = None) -> None:
    """Refuse with the missing permission's name; a directory that is not theirs does not exist."""
    if caller.may(permission, directory_id):
        return
    if directory_id is not None and not caller.sees(directory_id):
        raise Unknown("directory", directory_id)
    place = f" on the directory {directory_id}" if directory_id is not None else ""
    raise Forbidden(
        permission,
        f"this needs the permission {permission.spoken}{place}; "
        "a brand administrator can give it to you",
    )


def require_scope(caller: Caller, scope: str) -> None:
    """Refuse a token without `scope`; `manage:x` includes `read:x`."""
    if not caller.has_scope(scope):
        raise Forbidden(
            scope,
            f"this API token lacks the scope {scope}; make a token that has it",
            {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )


def require_own(caller: Caller, scopes: Iterable[str]) -> None:
    """Refuse a token that would give away what it does not hold itself."""
    for scope in scopes:
        if not caller.has_scope(scope):
            raise Forbidden(
                scope, f"an API token cannot give what it does not hold: it lacks the scope {scope}"
            )


def require_lasting(caller: Caller) -> None:
    """Refuse the access token of a client that would make something which outlives both."""
    if caller.client_id is not None:
        raise Forbidden(
            "lasting",
            "a client's access token makes no tokens and no clients, which would outlive it; "
            "use the console or an API token",
        )


async def caller_for(
    conn: AsyncConnection,
    operator_id: str,
    scopes: frozenset[str] | None = None,
    *,
    client_id: str | None = None,
    even_disabled: bool = False,
) -> Caller | None:
    """The operator with all roles as they are now; None when there is none, or it is disabled.

    Every session, token and client is let in by this; `even_disabled` is for looking at people.
    """
    wanted = select(
        operators.c.name, operators.c.brand_administrator, operators.c.disabled_at
    ).where(operators.c.operator_id == operator_id)
    found = (await conn.execute(wanted)).one_or_none()
    if found is None or not (found.disabled_at is None or even_disabled):
        return None
    rows = await conn.execute(
        select(directory_roles).where(directory_roles.c.operator_id == operator_id)
    )
    roles = {r.directory_id: Role(r.access_contacts, r.manage_directory) for r in rows}
    return Caller(
        operator_id,
        found.name,
        found.brand_administrator,
        roles,
        scopes,
        found.disabled_at is not None,
        client_id,
    )


async def set_role(
    conn: AsyncConnection, operator_id: str, directory_id: str, role: Role | None
) -> None:
    """Give, change or (None) take away an operator's role in a directory."""
    await conn.execute(
        delete(directory_roles).where(
            directory_roles.c.operator_id == operator_id,
            directory_roles.c.directory_id == directory_id,
        )
    )
    if role is not None:
        await _require_directory(conn, directory_id)
        await conn.execute(
            insert(directory_roles).values(
                operator_id=operator_id,
                directory_id=directory_id,
                access_contacts=role.access_contacts or role.manage_directory,
                manage_directory=role.manage_directory,
            )
        )


async def _require_directory(conn: AsyncConnection, directory_id: str) -> None:
    wanted = select(directories.c.directory_id).where(directories.c.directory_id == directory_id)
    if await conn.scalar(wanted) is None:
        raise Unknown("directory", directory_id)
