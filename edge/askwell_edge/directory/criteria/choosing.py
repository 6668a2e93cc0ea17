"""Which contacts a statement is about: a range of ids, or some by their ids."""

from sqlalchemy import ColumnElement, and_, bindparam

from askwell_edge.store.many import Texts, one_of


def between(contact_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Contacts with ids after `low` up to `high`."""
    return and_(contact_id > bindparam("low"), contact_id <= bindparam("high"))


def listed(contact_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Contacts with these `ids`."""
    return one_of(contact_id, bindparam("ids", type_=Texts()))
