"""What a page may say about its visitor: references and contacts, good and bad."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import anything

from askwell_runtime.contact import PAIR_LIMIT, PAIRS_LIMIT, read_page_contact, read_reference


@pytest.mark.scenario("B9")
@pytest.mark.parametrize(
    ("given_value", "reference"),
    [
        ("U-1", "U-1"),
        ("u-1", "u-1"),
        (" U-1 ", " U-1 "),
        (42, "42"),
        (42.0, "42"),
        (4.5, "4.5"),
        (-7, "-7"),
        ("0042", "0042"),
        ("müller🙂", "müller🙂"),
        ("x" * 100, "x" * 100),
        ("guest-17", "guest-17"),
    ],
)
def test_a_reference_is_kept_as_it_is(given_value, reference):
    assert read_reference(given_value) == (reference, None)


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_is_no_reference_and_no_mistake(nothing):
    assert read_reference(nothing) == (None, None)


@pytest.mark.scenario("B8")
@pytest.mark.parametrize(
    "placeholder",
    ["undefined", "null", "unknown", "anonymous", "guest", "0", "-1", "test", "n/a", "N/A",
     "Undefined", " null ", "   ", 0, -1, "NaN", "[object Object]"],
)  # fmt: skip
def test_a_placeholder_is_no_reference(placeholder):
    assert read_reference(placeholder) == (None, "reference_placeholder")


@pytest.mark.parametrize(
    ("bad", "note"),
    [
        ("x" * 101, "reference_too_long"),
        ("U\x001", "reference_control_character"),
        ("U\n1", "reference_control_character"),
        ("U\x9f1", "reference_control_character"),
        ("U\ud83d", "reference_control_character"),
        (True, "reference_not_text"),
        (["U-1"], "reference_not_text"),
        ({"id": 1}, "reference_not_text"),
        (2**60, "reference_not_exact"),
        (float("nan"), "reference_not_exact"),
        (float("inf"), "reference_not_exact"),
    ],
)
def test_a_bad_reference_is_none_with_a_note(bad, note):
    assert read_reference(bad) == (None, note)


@pytest.mark.scenario("F3", "F4")
def test_all_standard_fields_and_pairs_are_taken():
    page = {
        "firstName": "Ana",
        "lastName": "Ruiz",
        "email": "ana@x.test",
        "phone": "+34600",
        "language": "ES",
        "attributes": {"Location": "Seattle", "Gender": "Female"},
    }
    assert read_page_contact(page) == (
        {
            "first_name": "Ana",
            "last_name": "Ruiz",
            "email": "ana@x.test",
            "phone": "+34600",
            "language": "ES",
            "embedded_data": {"Location": "Seattle", "Gender": "Female"},
        },
        [],
    )


def attributes(pairs):
    fields, notes = read_page_contact({"attributes": pairs})
    return fields["embedded_data"], notes


@pytest.mark.scenario("F5")
def test_a_pair_has_fifty_characters_key_and_value_together():
    fits, long = {"Location": "x" * 42}, {"Location": "x" * 43, "Gender": "Female"}
    assert attributes(fits) == (fits, [])
    assert attributes(long) == ({"Gender": "Female"}, ["attribute_too_long:Location"])
    assert attributes({"k": "🙂" * 49}) == ({"k": "🙂" * 49}, [])


@pytest.mark.scenario("F6")
def test_all_pairs_have_four_hundred_characters():
    full = {f"key{i}": "x" * 46 for i in range(8)}
    assert attributes(full) == (full, [])
    over = {f"key{i}": "x" * 46 for i in range(7)} | {"last": "x" * 46, "a": "b"}
    kept, notes = attributes(over | {"last": "x" * 46 + "y"})
    assert notes == ["attribute_too_long:last"]
    assert kept == {name: value for name, value in over.items() if name != "last"}
    spilling = {f"key{i}": "x" * 46 for i in range(7)} | {"most": "x" * 45, "last": "yy", "z": ""}
    kept, notes = attributes(spilling)
    assert list(kept)[-1] == "most"
    assert notes == ["attributes_too_long:last", "attributes_too_long:z"]


def test_values_are_converted_and_nested_ones_dropped():
    kept, notes = attributes(
        {"age": 42, "rate": 1.5, "vip": True, "list": [1], "map": {}, "": "x", "no": None}
    )
    assert kept == {"age": "42", "rate": "1.5", "vip": "true"}
    assert notes == [
        "attribute_invalid:list",
        "attribute_invalid:map",
        "attribute_invalid:",
        "attribute_invalid:no",
    ]


def test_control_characters_do_not_come_in():
    assert attributes({"a": "b\x00"}) == ({}, ["attribute_control_character:a"])
    assert attributes({"a\x00": "b"}) == ({}, ["attribute_control_character:?"])
    fields, notes = read_page_contact({"firstName": "An\x00a"})
    assert "first_name" not in fields
    assert notes == ["field_invalid:firstName"]


@pytest.mark.parametrize(
    ("name", "bad"),
    [("email", "ana"), ("email", "ana@x"), ("email", "@x.test"), ("email", "a b@x.test"),
     ("email", "a@.test"), ("email", "a@b@"), ("language", "e"), ("language", "english please"),
     ("language", "e" * 36), ("firstName", ["Ana"]), ("lastName", "x" * 201), ("phone", {"n": 1})],
)  # fmt: skip
def test_a_bad_field_is_dropped_alone(name, bad):
    page = {"firstName": "Ana", "phone": 34600, name: bad, "attributes": {"a": "b"}}
    fields, notes = read_page_contact(page)
    assert notes == [f"field_invalid:{name}"]
    assert fields["embedded_data"] == {"a": "b"}
    assert fields.get("phone", "34600") == "34600"


def test_what_is_not_known_is_named():
    assert read_page_contact({"extRef": "U-1", "a\x00": 1})[1] == [
        "field_unknown:extRef",
        "field_unknown:?",
    ]
    assert read_page_contact("Ana")[1] == ["contact_not_object"]
    assert read_page_contact({"attributes": "x"})[1] == ["attributes_not_object"]
    assert read_page_contact(None) == ({"embedded_data": {}}, [])


@pytest.mark.scenario("F9")
def test_an_app_gives_a_reference_only():
    page = {"firstName": "Ana", "attributes": {"a": "b"}}
    assert read_page_contact(page, reference_only=True) == (
        {"embedded_data": {}},
        ["contact_reference_only"],
    )


@given(anything)
def test_whatever_a_page_sends_is_read(value):
    reference, note = read_reference(value)
    assert reference is None or (1 <= len(reference) <= 100 and note is None)
    fields, notes = read_page_contact(value)
    assert all(isinstance(each, str) for each in notes)
    assert all(isinstance(fields[name], str) for name in fields if name != "embedded_data")


@given(st.dictionaries(st.text(max_size=60), st.text(max_size=60), max_size=30))
def test_pairs_stay_within_their_limits_and_in_order(pairs):
    kept, notes = attributes(pairs)
    sizes = [len(name) + len(value) for name, value in kept.items()]
    assert all(size <= PAIR_LIMIT for size in sizes)
    assert sum(sizes) <= PAIRS_LIMIT
    assert len(kept) + len(notes) == len(pairs)
    assert list(kept) == [name for name in pairs if name in kept]
