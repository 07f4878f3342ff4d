"""The gazetteer: states by any name, places of the whole country, and what a ZIP code tells."""

import pytest

from bot import gazetteer


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("CA", "California"),
        ("ca", "California"),
        ("calif.", "California"),
        ("Penna", "Pennsylvania"),
        ("N.J.", "New Jersey"),
        ("n. j.", "New Jersey"),
        ("new  york", "New York"),
        ("NEW JERSEY", "New Jersey"),
        ("W. Va.", "West Virginia"),
        ("D.C.", "District of Columbia"),
        ("Ontario", None),
        ("New", None),
        ("", None),
    ],
)
def test_states_are_known_by_name_and_by_abbreviation(text: str, state: str | None) -> None:
    assert gazetteer.state_name(text) == state


def test_every_state_is_known_by_its_name_and_by_its_postal_code() -> None:
    assert len(gazetteer.STATES) == 51
    for code, state in gazetteer.STATES.items():
        for text in (state, state.upper(), code, code.lower(), ".".join(code) + "."):
            assert gazetteer.state_name(text) == state, text


def test_no_two_states_share_an_abbreviation() -> None:
    for key, state in gazetteer.ABBREVIATION_KEYS.items():
        assert gazetteer.STATE_KEYS.get(key, state) == state


@pytest.mark.parametrize("text", ["San JOSÉ, İzmir", "Ünïté 🙂 ß", "ﬁ ﬀ Ⅻ", "e\u0301", "", "ẞ"])
def test_folding_keeps_every_character_in_its_place(text: str) -> None:
    assert len(gazetteer.fold(text)) == len(text)


def test_folding_takes_accents_and_capitals_away() -> None:
    assert gazetteer.fold("San JOSÉ, İzmir") == "san jose, izmir"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("St. Augustine", "saint augustine"),
        ("Mt. Laurel Twp", "Mount Laurel Township"),
        ("Ft Lauderdale", "Fort Lauderdale"),
        ("Wilkes-Barre", "wilkes barre"),
        ("Land O' Lakes", "land o lakes"),
        ("La Cañada", "la canada"),
        ("  Citrus   Hts ", "citrus heights"),
    ],
)
def test_two_spellings_of_a_name_have_one_key(one: str, other: str) -> None:
    assert gazetteer.place_key(one) == gazetteer.place_key(other)


def test_a_key_is_its_own_key() -> None:
    for name in ("St. Augustine", "Mt Laurel Township", "Winston-Salem", "Ho-Ho-Kus"):
        key = gazetteer.place_key(name)
        assert gazetteer.place_key(key) == key


def test_what_holds_no_letter_and_no_digit_has_no_key() -> None:
    assert gazetteer.place_key(" -- 🙂 . ") == ""
    assert gazetteer.places_named("🙂") == ()


def test_places_of_one_name_come_with_the_best_known_first() -> None:
    springfields = gazetteer.places_named("springfield")
    assert len(springfields) > 20
    weights = [place.weight for place in springfields]
    assert weights == sorted(weights, reverse=True)
    assert len({place.state for place in springfields}) == len(springfields)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("Chicago", "Illinois"),
        ("Houston", "Texas"),
        ("Boston", "Massachusetts"),
        ("vegas", "Nevada"),
        ("NOLA", "Louisiana"),
        ("Saint Louis", "Missouri"),
    ],
)
def test_a_well_known_city_and_its_nickname_are_found_without_a_state(
    name: str, state: str
) -> None:
    place = gazetteer.places_named(name)[0]
    assert place.state == state
    assert place.weight >= gazetteer.WELL_KNOWN


def test_a_place_is_found_in_its_own_state_only() -> None:
    dallas = gazetteer.place_in("dallas", "Pennsylvania")
    assert dallas is not None
    assert dallas.state == "Pennsylvania"
    assert gazetteer.place_in("Dallas", "New Jersey") is None
    assert gazetteer.place_in("Xyzzy", "Texas") is None


@pytest.mark.parametrize(
    ("name", "state", "county"),
    [
        ("Levittown", "Pennsylvania", "Bucks County"),
        ("New Orleans", "Louisiana", "Orleans Parish"),
        ("Brooklyn", "New York", "Kings County"),
        ("Tampa", "Florida", "Hillsborough County"),
        ("San Diego", "California", "San Diego County"),
        ("Port Saint Lucie", "Florida", "St. Lucie County"),
    ],
)
def test_a_place_knows_its_county(name: str, state: str, county: str) -> None:
    place = gazetteer.place_in(name, state)
    assert place is not None
    assert place.county == county


def test_a_place_lies_at_its_zip_codes() -> None:
    tampa = gazetteer.place_in("Tampa", "Florida")
    assert tampa is not None
    assert (tampa.latitude, tampa.longitude) == pytest.approx((27.95, -82.46), abs=0.1)


def test_a_zip_code_tells_its_state_and_its_cities() -> None:
    assert gazetteer.zip_code("08723") == gazetteer.ZipCode(
        "08723", "New Jersey", ("Brick", "Osbornville")
    )
    known = gazetteer.zip_code("11375")
    assert known is not None
    assert known.state == "New York"
    assert "Forest Hills" in known.cities


@pytest.mark.parametrize(
    "code", ["", "9411", "941100", "abcde", "00000", "94110-1234", "９４１１０", " 94110", "00901"]
)
def test_what_is_no_zip_code_of_a_state_tells_nothing(code: str) -> None:
    assert gazetteer.zip_code(code) is None
