"""What is taken out of a text before it is kept, and what must stay."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import directory_file
from bot.paths import DATA, ROOT
from bot.redaction import (
    LABELS,
    PATTERN,
    PERHAPS,
    findings,
    redact,
    redact_all,
    redact_entities,
)
from bot.therapy_guide import Guide

GUIDE = Guide.load()
PHONE = st.from_regex(r"\(?[2-9]\d\d\)?[ .-]?\d{3}[ .-]?\d{4}", fullmatch=True)
PRIVATE = {
    "call me at (619) 555-0123 please": "call me at [number] please",
    "6195550123": "[number]",
    "+1 619.555.0123": "[number]",
    "+44 20 7946 0958": "[number]",
    "555-0123": "[number]",
    "619–555–0123": "[number]",
    "٦١٩٥٥٥٠١٢٣": "[number]",
    "6 1 9 5 5 5 0 1 2 3": "[number]",
    "my ssn is 123-45-6789": "my ssn is [number]",
    "ssn 123456789": "ssn [number]",
    "card 4111 1111 1111 1111": "card [number]",
    "member id: ABC12345 ok": "member id: [id] ok",
    "born 3/4/1957": "born [date]",
    "dob: March 4, 1957": "dob: [date]",
    "birthday is 3/4": "birthday is [date]",
    "4th of July 2019": "[date]",
    "2019-07-04": "[date]",
    "I live at 12 Oak Dr in Vista": "I live at [street address] in Vista",
    "123 N. Main Street Apt 4B, San Diego, CA 92101": "[street address], San Diego, CA 92101",
    "1234 5th ave": "[street address]",
    "P.O. Box 12": "[street address]",
    "My name is John Smith and he is 5": "My name is [name] and he is 5",
    "my name's ana, I need help": "my name's [name], I need help",
    "write to a.b+c@mail.example.org.": "write to [e-mail address].",
    "john at gmail dot com": "[e-mail address]",
}
KEPT = [
    "92101",
    "zip 92101-1234",
    "my dad is 67, he fell 2 times",
    "a 5 year old needs a way to write",
    "2 hours a day in place",
    "I am 67 and my dr said so",
    "in 2019, 2020 and 2021",
    "stroke in march 2021",
    "pain 7/10, then 8/10",
    "call 911 or 988",
    "3 times 45 minutes, 2 x 10 reps",
    "ages 3, 5, 7, 9, 11, 13 and 15",
    "what's your name",
]


@pytest.mark.parametrize(("text", "redacted"), PRIVATE.items())
def test_what_is_private_is_replaced_by_its_kind(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize("text", KEPT)
def test_what_answers_go_by_is_kept(text: str) -> None:
    assert redact(text) == text


def test_every_city_and_state_is_kept() -> None:
    directory = directory_file.load()
    cities = [city for state in directory.states for city in directory.cities(state)]
    places = [f"ot in {city.name}, {city.state}?" for city in cities]
    assert len(places) > 100
    assert [place for place in places if redact(place) != place] == []


def test_what_people_ask_is_kept() -> None:
    changed = set()
    for path in [*DATA.glob("nlu/**/*.yml"), *ROOT.glob("tests/conversations/*/*.yml")]:
        for line in path.read_text(encoding="utf-8").splitlines():
            changed |= {line.strip(" -")} if redact(line) != line else set()
    # Numbers, a date and a name that examples are about.
    assert {re.sub(r"\d+", "0", line) for line in changed} == {
        "0",
        "which day of the week was July 0 0",
        "pleased to meet you, my name is Ruth",
    }


@pytest.mark.parametrize("label", LABELS.values())
def test_a_label_tells_the_guide_nothing(label: str) -> None:
    assert GUIDE.mentions(f"{label} hello") == ()


@given(
    st.text(), st.from_regex(r"\(?[2-9]\d\d\)?[ .-]?\d{3}[ .-]?\d{4}", fullmatch=True), st.text()
)
def test_no_phone_number_is_left_in_any_text(before: str, phone: str, after: str) -> None:
    digits = "".join(filter(str.isdigit, phone))
    left = "".join(filter(str.isdigit, redact(f"{before} {phone} {after}")))
    assert digits not in left or digits in "".join(filter(str.isdigit, before + after))


@given(st.text())
def test_a_redacted_text_has_nothing_left_to_redact(text: str) -> None:
    assert redact(redact(text)) == redact(text)


PIECES = (
    "my name is",
    "Ann",
    "ann",
    "at",
    "dot",
    "com",
    "born on may",
    "١٢٣٤٥٦٧",
    "may 5th",
    "MRN x",
)


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=8).map(" ".join))
def test_nothing_is_found_in_a_text_that_is_not_searched(text: str) -> None:
    assert PERHAPS.search(text) or not PATTERN.search(text)


@given(st.text(alphabet="a1 .@-/()+Streap'", max_size=60))
def test_findings_are_what_is_replaced(text: str) -> None:
    parts, last = [], 0
    for found in findings(text):
        parts += [text[last : found.start], found.label]
        last = found.end
    assert "".join([*parts, text[last:]]) == redact(text)


def test_every_text_of_a_value_is_redacted_but_no_name_of_a_field() -> None:
    value = {"555-0123": ["555-0123", {"a": "555-0123"}, 5550123, None, True]}
    assert redact_all(value) == {"555-0123": ["[number]", {"a": "[number]"}, 5550123, None, True]}


def test_entities_move_with_the_text_and_private_ones_go() -> None:
    text = "at 619-555-0177 in Vista"
    number = {"entity": "zip", "value": "61955", "start": 3, "end": 8}
    city = {"entity": "city", "value": "Vista", "start": 19, "end": 24}
    unplaced = {"entity": "note", "value": "555-0123"}
    kept, note = redact_entities(findings(text), [number, city, unplaced])
    assert redact(text)[kept["start"] : kept["end"]] == "Vista"
    assert note["value"] == "[number]"
