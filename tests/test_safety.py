"""The emergency layer: what interrupts, what earns a note, what neither, and the fixed texts."""

import json
import random
import re
import string
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.check import grade
from bot.paths import DATA
from bot.safety import Safety, SafetyError
from bot.sms import segments

FILE = DATA / "safety.yml"
CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "cases" / "safety.jsonl").read_text("utf-8").splitlines()
]
DANGER = [case for case in CASES if case["kind"] in ("emergency", "crisis")]
# What the message must come to; some must come to the class that can help, too.
EMERGENCIES = [
    pytest.param(case["text"], case.get("class"), id=case["text"][:60])
    for case in DANGER
    if case["level"] == "interrupt"
]
HINTS = [case["text"] for case in DANGER if case["level"] == "note"]
NEGATIVES = [
    pytest.param(case["text"], case["level"], id=case["text"])
    for case in CASES
    if case["kind"] == "hard_negative"
]
CONTENT: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
STORY = (
    "Good morning. We live a little outside of town. The bus comes twice an hour and the ride is "
    "pleasant. My garden is full of tomatoes. The neighbors are kind and bring us soup. "
)
SMART = str.maketrans("'", "’")
NO_MARKS = str.maketrans("", "", ".,;:?!'’")


@pytest.fixture(scope="module")
def safety() -> Safety:
    return Safety.load()


def found(safety: Safety, text: str) -> tuple[str, str] | None:
    alarm = safety.check(text)
    return (alarm.level, alarm.kind) if alarm else None


def plain(markdown: str) -> str:
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)


def test_there_are_enough_cases_of_each_kind() -> None:
    assert len(EMERGENCIES) >= 600
    assert len(NEGATIVES) >= 600
    assert len(DANGER) + len(NEGATIVES) == len(CASES)
    assert {case["class"] for case in DANGER if "class" in case} == set(CONTENT["classes"])


@pytest.mark.parametrize(("text", "kind"), EMERGENCIES)
def test_an_emergency_interrupts_however_it_is_written(
    safety: Safety, text: str, kind: str | None
) -> None:
    slashes = "/" * random.Random(text).randint(1, 3)
    for written in (
        text,
        text.upper(),
        text.translate(NO_MARKS),
        text.translate(SMART),
        slashes + text,
        f"  {text} !!!",
        f"what are your hours? {text}",
        f"{STORY * 6}{text}",
    ):
        alarm = safety.check(written)
        assert alarm is not None, written
        assert alarm.level == "interrupt", written
        assert kind in (None, alarm.kind), written


@pytest.mark.parametrize("text", HINTS)
def test_a_hint_at_danger_is_never_passed_over(safety: Safety, text: str) -> None:
    for written in (text, text.upper(), text.translate(NO_MARKS), text.translate(SMART)):
        assert safety.check(written) is not None, written


@pytest.mark.parametrize(("text", "level"), NEGATIVES)
def test_rehabilitation_talk_never_interrupts(safety: Safety, text: str, level: str) -> None:
    for written in (text, text.lower(), text.upper()):
        alarm = safety.check(written)
        assert (alarm.level if alarm else "none") in ("none", level)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my mom had a stroke", "stroke"),
        ("seizure", "life_threat"),
        ("heart attack", "life_threat"),
        ("overdose", "poison"),
        ("suicide", "self_harm"),
    ],
)
def test_a_condition_word_alone_earns_a_note(safety: Safety, text: str, kind: str) -> None:
    assert found(safety, text) == ("note", kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I took a whole bottle of pills and I can't breathe", "life_threat"),
        ("her face is drooping and she drank bleach", "stroke"),
        ("I took too many pills because I want to die", "poison"),
        ("my husband hits me and I want to die", "self_harm"),
        ("my husband hits me and my house is on fire", "partner_abuse"),
        ("my mom had a stroke, and I want to die", "self_harm"),
        ("I want to die. Also, what about suicide and seizures?", "self_harm"),
    ],
)
def test_the_gravest_goes_first_and_an_interruption_before_a_note(
    safety: Safety, text: str, kind: str
) -> None:
    assert found(safety, text) == ("interrupt", kind)


@pytest.mark.parametrize(
    ("calm", "acute"),
    [
        ("my dad had a seizure", "my dad had a seizure 5 minutes ago"),
        ("no chest pain", "bad chest pain"),
        ("if he has chest pain", "if he has chest pain right now"),
        ("he had chest pain last year", "he had chest pain last year but now has chest pain"),
        ("stroke survivor", "she is having a stroke"),
        ("my son hits himself", "my son wants to kill himself"),
        ("He had a stroke in May. His left arm is limp.", "His left arm suddenly went limp."),
        ("my left arm is weak and I slur, I have MS", "my left arm is weak and I slur"),
        ("exam question: sudden weakness on one side", "sudden weakness on one side"),
        ("if a client says he wants to die, what do I do", "my client says he wants to die"),
        ("a stroke patient for 45 minutes", "a stroke 45 minutes ago"),
    ],
)
def test_time_subject_and_negation_decide(safety: Safety, calm: str, acute: str) -> None:
    quiet, loud = safety.check(calm), safety.check(acute)
    assert quiet is None or quiet.level == "note"
    assert loud is not None
    assert loud.level == "interrupt"


@pytest.mark.parametrize("text", ["he is chokin", "she stopd breathin", "his throats closing"])
def test_a_word_is_known_in_its_other_forms(safety: Safety, text: str) -> None:
    assert found(safety, text) == ("interrupt", "life_threat")


@pytest.fixture(scope="module")
def zoo() -> Safety:
    """The contexts as they are, with other cues."""
    blank = {"acute": "", "signs": "", "words": "", "hints": ""}
    classes = {kind: {**entry, **blank} for kind, entry in CONTENT["classes"].items()}
    classes["stroke"] |= {"acute": "zebra|{cats} & lion", "signs": "puma", "words": "wolf"}
    classes["threat"] |= {"hints": "bear & fox"}
    groups = {**CONTENT["groups"], "cats": "wild cat\nbig .. cat\n"}
    return Safety({**CONTENT, "groups": groups, "classes": classes})


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("a zebra", None),
        ("a zebra and a lion", "interrupt"),
        ("a lion, then a zebra", "interrupt"),
        ("my lion met a big black cat", "interrupt"),
        ("a cat and a lion", None),
        (f"a lion {'and so on ' * 30} a zebra", None),
        ("no zebra, but a lion", "note"),
        ("a puma", "note"),
        ("a puma in rehab", "note"),
        ("a puma right now", "interrupt"),
        ("no puma", None),
        ("a wolf", "note"),
        ("a wolf in rehab", None),
        ("a wolf right now", "interrupt"),
        ("a bear and a fox right now", "note"),
        ("a bear right now", None),
    ],
)
def test_what_each_kind_of_cue_comes_to(zoo: Safety, text: str, level: str | None) -> None:
    alarm = zoo.check(text)
    assert (alarm.level if alarm else None) == level


@pytest.mark.parametrize("kind", CONTENT["classes"])
@pytest.mark.parametrize("level", ["interrupt", "note"])
def test_texts_are_short_plain_and_name_only_registered_numbers(kind: str, level: str) -> None:
    entry = CONTENT["classes"][kind]
    texts = entry if level == "interrupt" else CONTENT["notes"][entry["note"]]
    numbers = {name: line["number"] for name, line in CONTENT["hotlines"].items()}
    web, sms = (texts[channel].format(**numbers) for channel in ("web", "sms"))
    assert segments(sms) == 1
    assert not set("\n{}") & set(sms + web.strip())
    for text in (plain(web), sms):
        assert grade(text) <= 5
        assert "?" not in text
        assert set(re.findall(r"\d[\d-]*\d", text)) <= set(numbers.values())
        assert any(number in re.split(r"[.!] ", text)[0] for number in numbers.values())
    assert set(re.findall(r"\((?:tel|sms):([^)]*)\)", web)) <= set(numbers.values())


def test_an_interruption_says_who_speaks() -> None:
    for entry in CONTENT["classes"].values():
        assert "I'm an automated assistant and can't call for you." in entry["web"]


def test_each_number_stands_once_in_the_register() -> None:
    numbers = [line["number"] for line in CONTENT["hotlines"].values()]
    assert len(set(numbers)) == len(numbers)
    assert all(line["owner"] and line["use"] for line in CONTENT["hotlines"].values())


def test_the_alarm_holds_the_text_of_its_class(safety: Safety) -> None:
    alarm, note = safety.check("I want to die"), safety.check("suicide")
    assert alarm is not None
    assert alarm.sms.startswith("Please call or text 988 now.")
    assert "[988](tel:988)" in alarm.web
    assert note is not None
    assert note.sms.endswith("call or text 988 at any time.")


@pytest.mark.parametrize(
    "text",
    ["", " ", "\ud800", "a\x00b", "\udfff/\ud83d", "💊" * 50, "\n\n", "/", "\u202e", "@$!"],
)
def test_odd_text_is_no_emergency_and_no_error(safety: Safety, text: str) -> None:
    assert safety.check(text) is None
    assert found(safety, f"{text} I want to die") == ("interrupt", "self_harm")


def test_random_text_never_raises(safety: Safety) -> None:
    chance = random.Random(7)
    signs = string.printable + "\ud800\u200b\u0301é💊🔪ａ" + "".join(map(chr, range(0x400, 0x460)))
    words = ["stroke", "kill", "my", "chest", "pain", "no", "if", "last", "year", "now", "i", "."]
    for _ in range(500):
        safety.check("".join(chance.choices(signs, k=chance.randint(0, 300))))
        safety.check(" ".join(chance.choices(words, k=chance.randint(0, 60))))


def test_it_is_fast(safety: Safety) -> None:
    def quickest(text: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            safety.check(text)
            times.append(time.perf_counter() - start)
        return min(times)

    assert quickest("how long is a session and can my mother come after her stroke") < 0.0003
    for text in (STORY * 6, "stroke a ", "my son he ", "cant not no ", "a!$a!", "k i l ", "💊"):
        assert quickest((text * 1000)[:1000]) < 0.005 * 2  # twice the promise, for a busy machine


def test_threads_may_share_it(safety: Safety) -> None:
    texts = [case["text"] for case in CASES] * 3
    alone = [found(safety, text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: found(safety, text), texts)) == alone


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  adult: >-", "  grownup: >-", "unknown group: {adult}"),
        ("call {emergency}.\n", "call {nobody}.\n", "'nobody' is missing or unknown"),
        ("sign_doubts: [negated, ", "sign_doubts: [pasta, ", "unknown contexts: pasta"),
        ("    note: suicide", "    note: sorrow", "'sorrow' is missing or unknown"),
        ("hotlines:", "phones:", "'hotlines' is missing or unknown"),
        ("      send help\n", "      .. send?\n", "needs a word that is not optional"),
        ("classes:", "classes: [", "cannot be read as safety data"),
    ],
)
def test_a_fault_in_the_data_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "safety.yml"
    text = FILE.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(SafetyError, match=re.escape(says)) as error:
        Safety.load(path)
    assert str(path) in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SafetyError, match=r"nowhere\.yml"):
        Safety.load(tmp_path / "nowhere.yml")
