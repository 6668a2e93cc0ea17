"""What an operator may do, and why: permission by permission, directory by directory."""

from dataclasses import dataclass

from askwell_edge.access.roles import ALLOWS, Caller, Permission

_DISABLED = "disabled operators may do nothing"
_ADMINISTRATOR = "as a brand administrator"
ROLE_NAMES = {
    "access": Permission.ACCESS_CONTACTS.spoken,
    "manage": Permission.MANAGE_DIRECTORY.spoken,
}


@dataclass(frozen=True, slots=True)
class Explained:
    """Whether somebody holds a permission, why, and what it lets them do."""

    permission: Permission
    holds: bool
    reason: str
    allows: tuple[str, ...]


def explained(who: Caller, directory_id: str | None = None) -> list[Explained]:
    """Each permission of a directory; without one, what is the same everywhere."""
    if directory_id is None:
        permissions = [Permission.BRAND_ADMINISTRATOR]
    else:
        permissions = [Permission.ACCESS_CONTACTS, Permission.MANAGE_DIRECTORY]
    return [
        Explained(
            permission,
            who.may(permission, directory_id),
            _reason(who, permission, directory_id),
            ALLOWS[permission],
        )
        for permission in permissions
    ]


def explained_project(who: Caller, directory_id: str | None, name: str) -> tuple[bool, str]:
    """Whether somebody may open a project, and why; `name` is that of the directory linked."""
    if who.disabled:
        return False, _DISABLED
    if directory_id is None:
        return True, "it is linked with no directory, so everybody may change it"
    if who.brand_administrator:
        return True, _ADMINISTRATOR
    if who.sees(directory_id):
        return True, f"by the role {ROLE_NAMES[who.role_in(directory_id)]} in {name}, its directory"
    return False, f"no role in {name}, its directory, gives Access Contacts"


def _reason(who: Caller, permission: Permission, directory_id: str | None) -> str:
    if who.disabled:
        return _DISABLED
    if who.brand_administrator:
        return _ADMINISTRATOR
    if directory_id is None:
        return "a brand administrator has not made them one"
    if not who.may(permission, directory_id):
        return "no role in this directory gives it"
    if permission is Permission.ACCESS_CONTACTS and who.role_in(directory_id) == "manage":
        return "by the role Manage Directory, which includes it"
    return f"by the role {permission.spoken} in this directory"
