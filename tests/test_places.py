"""Places in visitors' texts: listed ones are always found, and other talk holds none."""

import random
from itertools import pairwise

import pytest

from bot import directory_file
from bot.directory import Directory
from bot.lookup import Wanted, look_up
from bot.paths import DATA
from bot.places import Mention, PlaceReader, Reading

JUMBLE = (
    "in not north New York City county township Kansas Washington LA la or , . ? 94110 1234 "
    "reading Walnut Creek Tampa Fl. pa D.C. between and the zip hospital poughkepsie Xyzzy "
    "Orange Bay Area Bergen from A to C cities start with 40.2171 -74.7429 not instead of Nwe 🙂"
)


@pytest.fixture(scope="module")
def directory() -> Directory:
    return directory_file.load()


@pytest.fixture(scope="module")
def reader(directory: Directory) -> PlaceReader:
    return PlaceReader(directory)


def place(reading: Reading) -> tuple[str | None, str | None]:
    return reading.wanted.city, reading.wanted.state


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
                    assert look_up(directory, reading.wanted).city == city.name


def test_every_listed_city_is_read_without_its_state_when_somebody_is_sought_there(
    directory: Directory, reader: PlaceReader
) -> None:
    for state in directory.states:
        for city in directory.cities(state):
            assert reader.read(f"is anyone listed in {city.name.lower()}?").wanted.city == city.name


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
        "in the kitchen at home",
        "price",
        "Hope",
        "ok",
        "OK",
        "hi",
        "or",
        "me",
        "HI THERE",
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
    assert reader.read(text).wanted.city == city


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
    assert reader.read(text).wanted.city == city


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
    assert reader.read("my zip is 94110").wanted.zip_code == "94110"
    assert reader.read("94110-1234") == Reading(
        (Mention("zip", "94110", 0, 10),), Wanted(zip_code="94110"), only_place=True
    )
    assert reader.read("pittsburgh pa 15213").wanted.zip_code == "15213"
    assert place(reader.read("pittsburgh pa 15213")) == ("Pittsburgh", "Pennsylvania")
    assert reader.read("zip code 97110").wanted.zip_code == "97110"
    assert reader.read("my claim 1234").wanted.zip_code is None
    malformed = reader.read("1234", asked=True).wanted.zip_code
    assert malformed == "1234"
    assert look_up(directory, Wanted(zip_code=malformed)).kind == "bad_zip"


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


@pytest.mark.parametrize(
    "text",
    [
        "Wayne had a stroke last year",
        "my son Clark drops his fork",
        "my daughter Madison hates loud noise",
        "Jackson is 3 and not talking yet",
        "Mr. Lancaster broke his wrist",
        "my dad Chester forgets to eat",
        "my grandmother Florence falls a lot",
        "Virginia can't button her shirt",
        "my wife Georgia has parkinson's",
        "Dr. Lincoln told me to do exercises",
        "Brandon can't sit still at school",
        "Sharon is my caregiver",
        "my boss Troy asked me for a note",
        "Elizabeth and I want to start soon",
        "this is Jackson's mom",
        "Sydney, my niece, has autism",
        "Tyler is 5",
        "I'm Florence",
        "reading is hard for him",
        "he loves reading books",
        "is reading something OT works on",
        "orange juice spills because her hands shake",
        "she only eats walnut bread",
        "my mobile is broken",
        "is a mobile phone app part of therapy",
        "I hope so",
        "is there hope for him",
        "we need more harmony at home",
        "my union pays for it",
        "is it normal to be sore",
        "that is normal",
        "how high is the price for one visit",
        "he is on social media too much",
        "my appointment is in March",
        "we start in May",
        "can I come in June or July",
        "since August I can't lift my arm",
        "in the morning",
        "only in the afternoon",
        "from 2 to 3",
        "Monday from 9 to 5",
        "between 2 and 3",
        "between Monday and Friday",
        "we have 2 kids, 12345 steps",
        "he walked 12345 steps",
        "my score was 54321",
        "97530",
        "CPT 97110",
        "what is G0283",
        "M54.5",
        "ICD 10 code F84.0",
        "call me at 555-123-4567",
        "(212) 555-0199",
        "my number is 2155550147",
        "he is 83 years old",
        "born 04/12/1961",
        "2024-01-31",
        "version 3.5",
        "it went from 2.75 to 3.5",
        "take 2.75 mg",
        "1/2 cup of water",
        "3/4 of the time",
        "blood pressure 120/80",
        "temperature 98.6",
        "it costs 10000 dollars",
        "I pay $20000 a year",
        "my license number is 12345",
        "in pain",
        "I have pain in my left hand",
        "in my left hand",
        "in the left hand",
        "it is in my shoulder",
        "near the window",
        "from the couch to the bed",
        "he lives in fear of falling",
        "we are close to giving up",
        "she lives with me",
        "I live with my parents",
        "I'm between jobs",
        "my son is in college",
        "in English please",
        "my ma is sick",
        "my pa can't walk",
        "me too",
        "in or out",
        "he fell on the beach",
        "in winter my hands hurt",
        "a list of things to bring",
        "what is OT from A to Z",
        "he can't say words that start with S",
        "names that begin with L are hard for him",
        "which tummy exercises are all right after a C-section",
        "I got a C in anatomy. Does that sink my chances with OT programs?",
        "is there anything after a C-section that OT can do",
        "are vitamin A C E good for my joints, and can OT help",
        "open 9.00 12.00",
        "are you there 9.30, 17.30",
        "doses of 2.75, 3.50",
        "he ran 5.25, 6.75 and 7.10 miles",
    ],
)
def test_what_patients_write_about_themselves_holds_no_place(
    reader: PlaceReader, text: str
) -> None:
    assert reader.read(text) == Reading()


@pytest.mark.parametrize(
    "text",
    [
        "in pain",
        "in English please",
        "that is normal",
        "in my left hand",
        "I'd rather not say",
        "none of them",
        "my house",
        "a small town",
        "it hurts",
        "2",
        "the second one",
        "I don't live there",
        "qwertyuiop",
    ],
)
def test_what_is_said_instead_of_a_city_is_none(reader: PlaceReader, text: str) -> None:
    assert reader.read(text, asked=True) == Reading()


@pytest.mark.parametrize(
    ("text", "region", "state"),
    [
        ("Long Island", "Long Island", None),
        ("anyone in long island", "Long Island", None),
        ("any OT in the Poconos?", "Poconos", None),
        ("the bay area", "Bay Area", None),
        ("do you cover Westchester", "Westchester", None),
        ("westchester ny", "Westchester", "New York"),
        ("Lehigh Valley PA", "Lehigh Valley", "Pennsylvania"),
        ("something in the hudson valley", "Hudson Valley", None),
        ("I live in the finger lakes", "Finger Lakes", None),
        ("Bergen County", "Bergen County", None),
        ("bergen county nj", "Bergen County", "New Jersey"),
        ("Orange County", "Orange County", None),
        ("Orange county, florida", "Orange County", "Florida"),
        ("Orange County, New York", "Orange County", "New York"),
        ("OTs in Palm Beach County", "Palm Beach County", None),
        ("LA County", "LA County", None),
        ("miami dade county", "Miami-Dade County", None),
        ("saint johns county fl", "St. Johns County", "Florida"),
        ("Queens County, New York", "Queens County", "New York"),
        ("L.A. County", "L.A. County", None),
    ],
)
def test_regions_and_counties_are_read_with_their_state(
    reader: PlaceReader, text: str, region: str, state: str | None
) -> None:
    wanted = reader.read(text).wanted
    assert (wanted.city, wanted.region, wanted.state) == (None, region, state)


def test_every_region_with_its_state_is_read_and_found(
    directory: Directory, reader: PlaceReader
) -> None:
    missed = []
    for key in directory.region_names:
        for region in directory.regions(key):
            for text in (
                f"{region.name}, {region.state}",
                f"any OT in {region.name} {region.state}?",
            ):
                found = look_up(directory, reader.read(text).wanted)
                if (found.kind, found.region, found.state) != ("region", region.name, region.state):
                    missed.append(text)
    assert missed == []


def test_a_region_is_not_read_in_the_middle_of_talk(reader: PlaceReader) -> None:
    assert reader.read("she took the capital district court to task").wanted.region is None
    assert reader.read("central valley music hurts my ears").mentions == ()


def test_a_city_counts_for_more_than_a_region_beside_it(reader: PlaceReader) -> None:
    wanted = reader.read("any OT in Hempstead, Long Island").wanted
    assert (wanted.city, wanted.region) == ("Hempstead", None)


@pytest.mark.parametrize(
    ("text", "city", "near"),
    [
        ("near Tampa", "Tampa", True),
        ("an OT close to Scranton", "Scranton", True),
        ("closest to Scranton", "Scranton", True),
        ("around walnut", "Walnut", True),
        ("nearby Reading", "Reading", True),
        ("in Tampa", "Tampa", False),
        ("Tampa", "Tampa", False),
        ("anything near me in Reading", "Reading", False),
        ("help with reading near Tampa", "Tampa", True),
    ],
)
def test_near_a_city_others_are_as_good(
    reader: PlaceReader, text: str, city: str, near: bool
) -> None:
    wanted = reader.read(text).wanted
    assert (wanted.city, wanted.near) == (city, near)


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("between Tampa and Orlando", ("Tampa", None), ("Orlando", None)),
        ("an OT halfway between Tampa and Orlando", ("Tampa", None), ("Orlando", None)),
        ("midway between tampa and orlando", ("Tampa", None), ("Orlando", None)),
        ("midway from Tampa to Orlando", ("Tampa", None), ("Orlando", None)),
        (
            "halfway between Trenton and Newark NJ",
            ("Trenton", "New Jersey"),
            ("Newark", "New Jersey"),
        ),
        (
            "somewhere between Philadelphia, PA and New York, NY",
            ("Philadelphia", "Pennsylvania"),
            ("New York", "New York"),
        ),
    ],
)
def test_between_two_cities_both_are_read(
    directory: Directory,
    reader: PlaceReader,
    text: str,
    first: tuple[str, str | None],
    second: tuple[str, str | None],
) -> None:
    reading = reader.read(text)
    assert place(reading) == first
    assert reading.wanted.others == (second,)
    assert reading.wanted.between
    assert look_up(directory, reading.wanted).kind == "between"


@pytest.mark.parametrize("text", ["between Tampa", "halfway to Tampa", "between Tampa and then"])
def test_between_needs_a_second_city(reader: PlaceReader, text: str) -> None:
    wanted = reader.read(text).wanted
    assert (wanted.city, wanted.others, wanted.between) == ("Tampa", (), False)


@pytest.mark.parametrize(
    ("text", "city", "others"),
    [
        ("Miami or Tampa", "Miami", (("Tampa", None),)),
        ("TAMPA OR ERIE", "Tampa", (("Erie", None),)),
        ("Miami/Tampa", "Miami", (("Tampa", None),)),
        ("Miami, Tampa and Orlando", "Miami", (("Tampa", None), ("Orlando", None))),
        ("Tampa or Dallas Texas", "Tampa", (("Dallas", "Texas"),)),
        ("Trenton NJ or Scranton PA", "Trenton", (("Scranton", "Pennsylvania"),)),
        ("wayne nj or wayne pa", "Wayne", (("Wayne", "Pennsylvania"),)),
        ("any OT in Reading or Lancaster", "Reading", (("Lancaster", None),)),
        ("Tampa", "Tampa", ()),
    ],
)
def test_further_cities_are_read_with_their_states(
    reader: PlaceReader, text: str, city: str, others: tuple[tuple[str, str | None], ...]
) -> None:
    wanted = reader.read(text).wanted
    assert (wanted.city, wanted.others, wanted.between) == (city, others, False)


@pytest.mark.parametrize(
    "text",
    [
        "40.2171, -74.7429",
        "40.2171,-74.7429",
        "40.2171 -74.7429",
        "I am at 40.2171, -74.7429",
        "40.2171 N, 74.7429 W",
        "40.2171° N, 74.7429° W",
        "40.2171n 74.7429w",
    ],
)
def test_coordinates_are_read_as_a_point(
    directory: Directory, reader: PlaceReader, text: str
) -> None:
    wanted = reader.read(text).wanted
    assert wanted == Wanted(point=(40.2171, -74.7429))
    assert look_up(directory, wanted).nearest[0].city.name == "Trenton"


def test_south_and_east_have_their_own_signs(reader: PlaceReader) -> None:
    assert reader.read("33.8688 S, 151.2093 E").wanted.point == (-33.8688, 151.2093)


@pytest.mark.parametrize(
    "text",
    ["95.1234, -74.7429", "40.2171, -190.7429", "40.2171", "40, -74", "192.168.10.25", "1.2.3, 4"],
)
def test_what_is_out_of_range_or_no_pair_of_degrees_is_no_point(
    reader: PlaceReader, text: str
) -> None:
    assert reader.read(text).wanted.point is None


@pytest.mark.parametrize(
    ("text", "state", "letters"),
    [
        ("Florida cities from A to C", "Florida", ("A", "C")),
        ("cities in Florida from A to C", "Florida", ("A", "C")),
        ("New York cities from A to De", "New York", ("A", "De")),
        ("California cities from Do to La M", "California", ("Do", "La M")),
        ("California cities from La Q to Oc", "California", ("La Q", "Oc")),
        ("which towns in PA start with B", "Pennsylvania", ("B", "B")),
        ("which cities in New Jersey start with the letter M?", "New Jersey", ("M", "M")),
        ("NJ towns beginning with W", "New Jersey", ("W", "W")),
        ("cities in Pennsylvania that begin with an E", "Pennsylvania", ("E", "E")),
    ],
)
def test_a_part_of_a_states_list_is_read_by_its_letters(
    reader: PlaceReader, text: str, state: str, letters: tuple[str, str]
) -> None:
    wanted = reader.read(text).wanted
    assert (wanted.city, wanted.state, wanted.letters) == (None, state, letters)


def test_a_part_of_a_regions_list_is_read_by_its_letters(reader: PlaceReader) -> None:
    wanted = reader.read("towns in Bergen County that start with P").wanted
    assert (wanted.region, wanted.letters) == ("Bergen County", ("P", "P"))
    wanted = reader.read("Long Island, New York cities from B to G").wanted
    assert (wanted.region, wanted.state, wanted.letters) == ("Long Island", "New York", ("B", "G"))


def test_letters_without_a_list_to_cut_are_not_read(reader: PlaceReader) -> None:
    assert reader.read("cities from A to C").wanted == Wanted()
    assert reader.read("Tampa from A to Z").wanted.letters is None


@pytest.mark.parametrize(
    ("text", "city", "state"),
    [
        ("used to live in Miami but now Vineland NJ", "Vineland", "New Jersey"),
        ("moved from Tampa to Scranton", "Scranton", None),
        ("I moved to Scranton from Tampa", "Scranton", None),
        ("from Miami to Tampa", "Tampa", None),
        ("instead of Erie check Easton", "Easton", None),
        ("not Tampa but Orlando", "Orlando", None),
        ("rather than Newark try Hoboken", "Hoboken", None),
        ("no longer in Erie, now in Easton", "Easton", None),
        ("anyone in Tampa, not Orlando", "Tampa", None),
        ("in Tampa, not in Orlando", "Tampa", None),
        ("other than Miami, anyone in Tampa", "Tampa", None),
        ("I used to live in Tampa", None, None),
        ("not in Florida", None, None),
    ],
)
def test_a_place_that_somebody_left_or_does_not_mean_is_not_looked_up(
    reader: PlaceReader, text: str, city: str | None, state: str | None
) -> None:
    reading = reader.read(text)
    assert place(reading) == (city, state)
    assert reading.wanted.others == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nwe York", ("state", None, "New York")),
        ("in nwe york", ("state", None, "New York")),
        ("Tampa, Flordia", ("listed", "Tampa", "Florida")),
        ("los angelas ca", ("listed", "Los Angeles", "California")),
        ("san fransisco", ("listed", "San Francisco", "California")),
        ("Mimai, FL", ("not_listed", "Mimai", "Florida")),
        ("Newport CA", ("not_listed", "Newport", "California")),
        ("newport california", ("not_listed", "Newport", "California")),
        ("springfeild IL", ("state_not_covered", "springfeild", "Illinois")),
        ("hope nj", ("not_listed", "Hope", "New Jersey")),
        ("harmony pa", ("listed", "Harmony", "Pennsylvania")),
        ("Winston-Salem", ("not_listed", "Winston Salem", None)),
        ("the Bronx", ("listed", "Bronx", "New York")),
        ("Springfield 62704", ("state_not_covered", "Springfield", "Illinois")),
        ("washington state", ("state_not_covered", None, "Washington")),
        ("California, PA", ("not_listed", "California", "Pennsylvania")),
    ],
)
def test_what_is_mistyped_or_elsewhere_gets_an_answer_of_its_own(
    directory: Directory,
    reader: PlaceReader,
    text: str,
    expected: tuple[str, str | None, str | None],
) -> None:
    found = look_up(directory, reader.read(text).wanted)
    assert (found.kind, found.city, found.state) == expected


@pytest.mark.parametrize(("text", "meant"), [("mimai", "Miami"), ("Newport", "Newport Beach")])
def test_a_guess_is_made_only_when_a_city_was_asked_for(
    directory: Directory, reader: PlaceReader, text: str, meant: str
) -> None:
    found = look_up(directory, reader.read(text, asked=True).wanted)
    assert (found.kind, found.suggestions[0].name) == ("did_you_mean", meant)
    assert reader.read("mimai") == Reading()


@pytest.mark.parametrize(
    "text",
    [
        "Tampa-FL",
        "Tampa,FL",
        "(Tampa, FL)",
        "Tampa (Florida)",
        "tampa.fl",
        "FL: Tampa",
        "#tampa, fl",
        "Tampa\nFL",
        "tampa; florida",
        "\u200btampa fl",
        "\x00Tampa\x07 FL",
        "Tampa 🙂 FL",
        "TAMPA!!! FL???",
    ],
)
def test_marks_around_a_place_do_not_hide_it(reader: PlaceReader, text: str) -> None:
    assert place(reader.read(text)) == ("Tampa", "Florida")


EVERYDAY = (
    "is there an OT near Walnut Creek",
    "any OT in Wayne, NJ or Chester, PA?",
    "between Tampa and Orlando, Florida",
    "used to live in Miami but now Vineland NJ",
    "40.2171, -74.7429",
    "Florida cities from A to C",
    "which towns in PA start with B",
    "Orange County, California",
    "my son needs help with reading in New York",
    "pittsburgh pa 15213",
    "Nwe York",
    "poughkepsie ny",
    "in my left hand",
)


@pytest.mark.parametrize("text", EVERYDAY)
def test_doubled_spaces_change_nothing(reader: PlaceReader, text: str) -> None:
    for asked in (False, True):
        once, twice = reader.read(text, asked), reader.read(text.replace(" ", "  "), asked)
        assert twice.wanted == once.wanted
        assert twice.only_place == once.only_place
        assert [(m.kind, m.value) for m in twice.mentions] == [
            (m.kind, m.value) for m in once.mentions
        ]


@pytest.mark.parametrize("text", EVERYDAY)
def test_reading_twice_gives_the_same(reader: PlaceReader, text: str) -> None:
    assert reader.read(text) == reader.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "🙂" * 200,
        "👩‍👩‍👧‍👦 in Tampa 🏳️‍🌈",
        "a" * 5000,
        "Tampa " * 800,
        "in " * 1500,
        ", " * 1500,
        "12345 " * 500,
        "from A to " * 400,
        "40.21, " * 500,
        "\x00\x01\x02\x1b[31m\x7f",
        "\u202eapmaT\u202c",
        "\ud800 Tampa",
        "e\u0301" * 300,
        "тампа 坦帕 تامبا",
        "٣٣١٠١ ９４１１０ ²²²²² ①②③④⑤",
        "İstanbul ß ﬁ Œuvre ẞ",
        "\t\r\n\v\f\u2028",
        "'" * 500,
        "(((((((((())))))))))",
    ],
)
def test_odd_texts_are_read_and_their_mentions_point_into_them(
    directory: Directory, reader: PlaceReader, text: str
) -> None:
    for asked in (False, True):
        reading = reader.read(text, asked)
        for mention in reading.mentions:
            assert 0 <= mention.start < mention.end <= len(text)
            assert text[mention.start : mention.end].strip()
        look_up(directory, reading.wanted)


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
        assert all(0 <= start < end <= len(text) for start, end in spans), text
        assert all(end <= start for (_, end), (start, _) in pairwise(spans)), text
        look_up(directory, reading.wanted)


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("my daughter Elizabeth needs OT in Newark", "Newark"),
        ("my son Wayne lives in Chester", "Chester"),
        ("my husband Orlando needs OT in Erie", "Erie"),
        ("Tampa, no wait, Miami", "Miami"),
        ("King of Prusia", "King of Prussia"),
    ],
)
def test_the_place_that_was_asked_for_comes_before_a_name(
    reader: PlaceReader, text: str, city: str
) -> None:
    assert place(reader.read(text)) == (city, None)


def test_a_listed_name_is_not_cut_out_of_a_longer_one(reader: PlaceReader) -> None:
    assert place(reader.read("Venice Beach CA")) == ("Venice Beach", "California")
    assert place(reader.read("we are from Jackson MI")) == ("Jackson", "Michigan")
    assert reader.read("Naples Italy").wanted.city != "Naples"
