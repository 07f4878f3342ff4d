"""The words that phone companies act on: matched as they match them, and never invited."""

import pytest

from bot.sms_keywords import CARRIER, Keyword, Match, invited, match

STOPS = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT")
STARTS = ("START", "UNSTOP")
HELPS = ("HELP", "INFO")


@pytest.mark.parametrize("form", ["{}", " {} ", "\n{}\t"])
@pytest.mark.parametrize("case", [str.upper, str.lower, str.title])
@pytest.mark.parametrize("word", [*STOPS, *STARTS, *HELPS])
def test_the_bare_word_is_the_phone_companys_in_any_case(word: str, case, form: str) -> None:
    found = match(form.format(case(word)))
    kinds = {**dict.fromkeys(STOPS, "STOP"), **dict.fromkeys(STARTS, "START")}
    assert found == Match(Keyword(kinds.get(word, "HELP")), by_carrier=True)


@pytest.mark.parametrize("word", ["yes", "YES", " Yes "])
def test_a_yes_is_the_phone_companys_and_an_everyday_answer(word: str) -> None:
    assert match(word) == Match(Keyword.START, by_carrier=True, everyday=True)


@pytest.mark.parametrize(
    "text",
    ["Stop!", "stop.", "“STOP”", "opt out", "Opt-out", "please stop", "STOP PLEASE", "STOP 🛑"],
)
def test_what_is_as_plain_is_a_stop_that_no_phone_company_acts_on(text: str) -> None:
    assert match(text) == Match(Keyword.STOP, by_carrier=False)


@pytest.mark.parametrize("text", ["more", "MORE", "More.", "more please", "Read more"])
def test_more_is_ottos_own(text: str) -> None:
    assert match(text) == Match(Keyword.MORE, by_carrier=False)


@pytest.mark.parametrize(
    "text",
    [
        *("how do I stop the pain", "cancel my appointment", "we have got to STOP this"),
        *("the end", "information", "end of the month", "STOP 12345", "start over", "starting"),
        *("more about OT", "tell me more", "", "   ", "!!!", "stopp"),
        # A cry for help is more than a word to the phone company.
        *("help!", "HELP!!!", "help me", "help?", "info?"),
    ],
)
def test_anything_else_is_no_keyword(text: str) -> None:
    assert match(text) is None


@pytest.mark.parametrize("word", CARRIER)
@pytest.mark.parametrize(
    "text", ["Reply {} to go on.", 'say "{}" now', "Text us back {}", "To go on, type “{}”.", "{}"]
)
def test_an_invited_word_is_found(text: str, word: str) -> None:
    assert invited(text.format(word)) == [word]


@pytest.mark.parametrize("word", CARRIER)
def test_an_invited_word_is_found_in_small_letters(word: str) -> None:
    assert invited(f"or reply {word.lower()}, please") == [word]
    assert invited(f'or say "{word.lower()}."') == [word]


@pytest.mark.parametrize(
    "text",
    [
        "I can't book, change or cancel a visit.",
        "Yes, OT can help you stop falling. In the end it is your choice.",
        'Say "help me choose" for a few short questions.',
        "Reply MORE to read on.",
        "If you change your mind, text START.",
        "Free help: 1-800-799-7233, or text START to 88788.",
        "Your doctor may say starting early is best.",
    ],
)
def test_everyday_words_invite_nothing(text: str) -> None:
    assert invited(text) == []
