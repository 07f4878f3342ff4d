"""Places in visitors' texts: listed ones are always found, and other talk holds none."""

import random
import time
from itertools import pairwise

import pytest

from bot.directory import Directory
from bot.paths import DATA
from bot.places import Mention, PlaceReader, Reading

JUMBLE = (
    "in not north New York City county township Kansas Washington LA la or , . ? 94110 1234 "
    "reading Walnut Creek Tampa Fl. pa D.C. between and the zip hospital poughkepsie Xyzzy"
)


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.load()


@pytest.fixture(scope="module")
def reader(directory: Directory) -> PlaceReader:
    return PlaceReader(directory)


def place(reading: Reading) -> tuple[str | None, str | None]:
    return reading.city, reading.state


def test_every_listed_city_is_read_with_its_state_and_looked_up(
    directory: Directory, reader: PlaceReader
) -> None:
    for state in directory.states:
        for city in directory.cities(state):
            for text in (f"anyone in {city.name}, {state}?", f"{city.name} {state}".upper()):
                for written in (text, text.lower()):
                    reading = reader.read(written)
                    assert place(reading) == (city.name, state), written
                    assert reading.only_place, written
                    assert directory.lookup(reading.city, reading.state).city == city.name


def test_every_listed_city_is_read_without_its_state_when_somebody_is_sought_there(
    directory: Directory, reader: PlaceReader
) -> None:
    for state in directory.states:
        for city in directory.cities(state):
            assert reader.read(f"is anyone listed in {city.name.lower()}?").city == city.name


@pytest.mark.parametrize(
    "text",
    [
        "help my son with reading",
        "my daughter Elizabeth",
        "harmony at home and stress",
        "bake my walnut cake",
        "wayne my husband had a knee replacement",
        "range of motion in the us",
        "walnut allergy",
        "orange juice",
        "reading",
        "do you treat stroke",
        "do you treat MS",
        "how long is a session",
        "is OT a doctor",
        "is an OT an MD",
        "can a PA refer me",
        "does the VA cover it",
        "does OT cover reading",
        "can an OT help my daughter in reading",
        "Reading is hard for my son",
        "Help My Son With Reading",
        "HELP MY SON WITH READING",
        "I have great neck pain",
        "my mother had two little falls",
        "help with Huntington's disease",
        "my mom Georgia has arthritis",
        "Tracy can not hold a pen",
        "my name is Wayne",
        "the number of Cleveland Clinic",
        "at Cleveland Clinic",
        "I need help in March",
        "therapy in Spanish",
        "is it near the airport",
        "I want to move closer to my sister",
        "I suffer at home",
        "union benefits",
        "help with clark",
        "I'm Wayne",
        "what does code 97110 mean on my bill",
        "what is 97165",
        "trucks under 10000",
        "Bergen County",
        "in the kitchen at home",
        "price",
        "Hope",
        "ok",
        "OK",
        "hi",
        "or",
        "me",
        "HI THERE",
        "orange county",
        "",
        "?!",
        "🙂",
    ],
)
def test_other_talk_holds_no_place(reader: PlaceReader, text: str) -> None:
    assert reader.read(text) == Reading()


@pytest.mark.parametrize(
    ("text", "city", "state"),
    [
        ("do you list New York", "New York", None),
        ("New York", "New York", None),
        ("New York, NY", "New York", "New York"),
        ("New York New York", "New York", "New York"),
        ("Rome new york", "Rome", "New York"),
        ("New York state", None, "New York"),
        ("upstate new york", None, "New York"),
        ("which cities in New York", None, "New York"),
        ("West New York", "West New York", None),
        ("Washington DC", "Washington", "District of Columbia"),
        ("washington d.c.", "Washington", "District of Columbia"),
        ("Washington, PA", "Washington", "Pennsylvania"),
        ("Seattle Washington", "Seattle", "Washington"),
        ("indiana pa", "Indiana", "Pennsylvania"),
        ("Evansville Indiana", "Evansville", "Indiana"),
        ("Jamaica Queens", "Jamaica", None),
        ("Dallas Texas", "Dallas", "Texas"),
        ("Kansas City Missouri", "Kansas City", "Missouri"),
        ("baton rouge la", "Baton Rouge", "Louisiana"),
    ],
)
def test_a_name_of_both_a_city_and_a_state_is_told_apart(
    reader: PlaceReader, text: str, city: str | None, state: str | None
) -> None:
    assert place(reader.read(text)) == (city, state)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("PA?", "Pennsylvania"),
        ("pa", "Pennsylvania"),
        ("CA", "California"),
        ("in nj", "New Jersey"),
        ("n.j.", "New Jersey"),
        ("in TX", "Texas"),
        ("DC", "District of Columbia"),
        ("what cities in pennsylvania do you cover", "Pennsylvania"),
        ("southern california", "California"),
        ("anyone in californa", "California"),
        ("Orange County, CA", "California"),
        ("Bergen County NJ", "New Jersey"),
        ("South Florida", "Florida"),
        ("where in New York can I find an OT", "New York"),
        ("not Florida, California", "California"),
        ("no, the one in pennsylvania", "Pennsylvania"),
        ("in Virginia", "Virginia"),
    ],
)
def test_a_state_alone_is_read_as_a_state(reader: PlaceReader, text: str, state: str) -> None:
    assert place(reader.read(text)) == (None, state)


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("tampa", "Tampa"),
        ("pediatric OT tampa", "Tampa"),
        ("my son needs OT, we live in trenton", "Trenton"),
        ("is Bethlehem listed", "Bethlehem"),
        ("closest to Scranton", "Scranton"),
        ("occupational therapist near me in brooklyn", "Brooklyn"),
        ("anyone in reading?", "Reading"),
        ("do you list Reading", "Reading"),
        ("any ot in wayne", "Wayne"),
        ("anyone listed in Elizabeth", "Elizabeth"),
        ("i live near walnut", "Walnut"),
        ("Walnut", "Walnut"),
        ("is there an OT near Walnut Creek", "Walnut Creek"),
        ("South San Francisco", "South San Francisco"),
        ("Lakewood Ranch", "Lakewood Ranch"),
        ("east los angeles", "East Los Angeles"),
        ("chino hills", "Chino Hills"),
        ("Upper Montclair", "Upper Montclair"),
        ("moon township", "Moon Township"),
        ("little falls", "Little Falls Township"),
        ("st. pete", "St. Petersburg"),
        ("San José", "San Jose"),
        ("LA", "Los Angeles"),
        ("anyone in la", "Los Angeles"),
        ("AC?", "Atlantic City"),
        ("is philidelphia listed", "Philadelphia"),
        ("i live in poughkepsie", "Poughkeepsie"),
        ("I see a therapist in Tampa or Orlando", "Tampa"),
        ("wayne", "Wayne"),
        ("oops, typo, I wanted Newark not New York", "Newark"),
    ],
)
def test_a_listed_city_is_read_where_a_sign_says_so(
    reader: PlaceReader, text: str, city: str
) -> None:
    assert reader.read(text).city == city


@pytest.mark.parametrize(
    ("text", "city", "state"),
    [
        ("Chicago", "Chicago", None),
        ("palo alto?", "Palo Alto", None),
        ("nyack", "Nyack", None),
        ("any OT in Nyack", "Nyack", None),
        ("anyone in Santa Barbara?", "Santa Barbara", None),
        ("beverly hills california", "Beverly Hills", "California"),
        ("portland or", "Portland", "Oregon"),
        ("virginia beach va", "Virginia Beach", "Virginia"),
        ("I need an OT in Xyzzy, California", "Xyzzy", "California"),
        ("pittsburg pa", "Pittsburgh", "Pennsylvania"),
        ("Dallas, or maybe Houston", "Dallas", None),
    ],
)
def test_places_that_are_not_listed_are_read_in_strong_positions(
    reader: PlaceReader, text: str, city: str, state: str | None
) -> None:
    assert place(reader.read(text)) == (city, state)


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("north hollywood", "North Hollywood"),
        ("Washington Township NJ", "Washington Township"),
        ("virginia beach", "Virginia Beach"),
        ("Fort Myers Beach", "Fort Myers Beach"),
    ],
)
def test_the_longer_name_of_another_place_is_never_cut_to_a_listed_one(
    reader: PlaceReader, text: str, city: str
) -> None:
    assert reader.read(text).city == city


def test_places_elsewhere_are_not_read_in_the_middle_of_talk(reader: PlaceReader) -> None:
    assert reader.read("my aunt chicago style pizza hurts").mentions == ()
    assert reader.read("she speaks from Houston experience").mentions == ()


@pytest.mark.parametrize(
    ("text", "city", "state"),
    [
        ("walnut", "Walnut", None),
        ("reading i think", "Reading", None),
        ("i think santa barbara maybe", "Santa Barbara", None),
        ("i live in beverly hills", "Beverly Hills", None),
        ("my son is from nyack", "Nyack", None),
        ("tx", None, "Texas"),
        ("not sure", None, None),
        ("why do you ask", None, None),
        ("stop", None, None),
        ("ok", None, None),
    ],
)
def test_an_answer_to_which_city_may_be_a_bare_name(
    reader: PlaceReader, text: str, city: str | None, state: str | None
) -> None:
    assert place(reader.read(text, asked=True)) == (city, state)


def test_a_zip_code_is_read_whole_and_a_malformed_one_only_when_asked_for(
    directory: Directory, reader: PlaceReader
) -> None:
    assert reader.read("my zip is 94110").zip_code == "94110"
    assert reader.read("94110-1234") == Reading(
        (Mention("zip", "94110", 0, 10),), zip_code="94110", only_place=True
    )
    assert reader.read("pittsburgh pa 15213").zip_code == "15213"
    assert place(reader.read("pittsburgh pa 15213")) == ("Pittsburgh", "Pennsylvania")
    assert reader.read("zip code 97110").zip_code == "97110"
    assert reader.read("my claim 1234").zip_code is None
    malformed = reader.read("1234", asked=True).zip_code
    assert malformed == "1234"
    assert directory.lookup(None, None, malformed).kind == "bad_zip"


def test_mentions_carry_the_offsets_of_what_was_written(reader: PlaceReader) -> None:
    text = "we’re between “Tampa” and St.  Pete, Fla."
    mentions = reader.read(text).mentions
    assert [(m.kind, m.value, text[m.start : m.end]) for m in mentions] == [
        ("city", "Tampa", "Tampa"),
        ("city", "St. Petersburg", "St.  Pete"),
        ("state", "Florida", "Fla"),
    ]


def test_of_two_cities_the_first_is_looked_up_with_its_own_state(reader: PlaceReader) -> None:
    assert place(reader.read("Tampa or Orlando, Florida")) == ("Tampa", "Florida")
    assert place(reader.read("Tampa or Dallas Texas")) == ("Tampa", None)
    assert place(reader.read("Dallas Texas or Tampa")) == ("Dallas", "Texas")
    assert place(reader.read("I'm in Florida, near Tampa")) == ("Tampa", "Florida")
    assert place(reader.read("New Jersey or Florida")) == (None, "New Jersey")
    assert place(reader.read("actually make it Hollywood in Florida")) == ("Hollywood", "Florida")
    assert place(reader.read("nope, Hamburg in new york")) == ("Hamburg", "New York")


def test_a_place_that_is_ruled_out_is_mentioned_but_not_looked_up(reader: PlaceReader) -> None:
    assert place(reader.read("not Wayne NJ, Wayne PA")) == ("Wayne", "Pennsylvania")
    assert place(reader.read("sorry not Chester, West Chester")) == ("West Chester", None)
    ruled_out = reader.read("no, not Tampa")
    assert ruled_out.mentions
    assert place(ruled_out) == (None, None)


def test_only_place_says_whether_there_is_anything_else(reader: PlaceReader) -> None:
    assert reader.read("Hi, do you have any OT in Tampa, please?").only_place
    assert not reader.read("my son had a stroke, any OT in Tampa?").only_place
    assert not reader.read("thanks").only_place


def test_reading_a_text_takes_about_a_millisecond(reader: PlaceReader) -> None:
    texts = ["is there an OT near Walnut Creek", "my son needs help with reading", "poughkepsie"]
    start = time.process_time()
    for text in texts * 50:
        reader.read(text)
    assert (time.process_time() - start) / 150 < 0.003


def test_every_word_of_the_list_is_spelled_as_its_comment_says(directory: Directory) -> None:
    text = (DATA / "place_words.txt").read_text(encoding="utf-8")
    listed = text.split("# Listed cities")[1].split("#")[0].splitlines()[1:]
    names = [name for name in listed if name]
    assert len(names) > 50
    assert [name for name in names if not directory.find(name)] == []


def test_no_jumble_of_places_and_words_breaks_the_reader(
    directory: Directory, reader: PlaceReader
) -> None:
    words = JUMBLE.split()
    chance = random.Random(7)
    for _ in range(2000):
        text = " ".join(chance.choices(words, k=chance.randint(1, 9)))
        reading = reader.read(text, asked=chance.random() < 0.5)
        spans = [(mention.start, mention.end) for mention in reading.mentions]
        assert all(end <= start for (_, end), (start, _) in pairwise(spans)), text
        directory.lookup(reading.city, reading.state, reading.zip_code)
