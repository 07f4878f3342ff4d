"""The chat element in a real browser, against its real channel with a stand-in for Rasa behind."""

import json

import pytest
from playwright.sync_api import Page, expect

from bot.paths import ROOT
from tests.browser.accessibility import problems
from tests.browser.conftest import Visit
from tests.browser.site import ANSWER, Otto, Site
from tests.channels.web import Client

PLAIN = ANSWER.replace("*", "")
EMERGENCY = "I want to kill myself"
CASES = ROOT / "tests" / "cases"


def say(page: Page, text: str) -> None:
    page.get_by_label("Your question").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def delete_chat(page: Page) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Delete this chat").click()
    page.get_by_role("button", name="Yes, delete it for good").click()


def otto(page: Page):
    return page.locator(".otto .bubble, .otto .card")


def states(page: Page):
    return page.locator(".visitor .state span")


def heard(page: Page) -> list[str]:
    return page.evaluate("heard")


def focused(page: Page) -> str:
    return page.evaluate(
        "(() => { const a = document.querySelector('otto-chat').shadowRoot.activeElement;"
        " return a ? a.id || a.textContent : '' })()"
    )


def fits(page: Page) -> bool:
    """Nothing in the panel is wider than what shows it."""
    return page.evaluate(
        "(() => { const r = document.querySelector('otto-chat').shadowRoot;"
        " return [r.querySelector('.panel'), r.querySelector('.log')]"
        ".every((n) => n.scrollWidth <= n.clientWidth)"
        " && innerWidth >= document.documentElement.scrollWidth })()"
    )


def test_nothing_is_asked_of_the_server_before_the_chat_opens(visit: Visit, site: Site) -> None:
    page = visit(opened=False)
    expect(page.get_by_role("button", name="Ask Otto")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not [r for r in site.requests if "webhooks" in r]
    assert page.locator("otto-chat").count() == 1


def test_opening_focuses_the_input_and_escape_returns_to_the_launcher(visit: Visit) -> None:
    page = visit()
    expect(page.get_by_role("dialog", name="Otto at Maple Street OT")).to_be_visible()
    assert focused(page) == "input"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert focused(page) == "Ask Otto"


def test_a_question_is_answered_with_its_sources(visit: Visit) -> None:
    page = visit()
    say(page, "how long is a session")
    expect(otto(page)).to_have_text(PLAIN)
    expect(page.locator(".otto strong")).to_have_text("30 to 60 minutes")
    expect(states(page)).to_have_text("Sent")
    page.get_by_text("Where this comes from").click()
    expect(page.locator("details li")).to_have_text(
        "Cleveland Clinic, “Occupational Therapy”: “Overview” (reviewed February 27, 2024)"
    )


def test_each_reply_is_announced_once_and_history_never(visit: Visit, log: Otto) -> None:
    page = visit()
    say(page, "twice")
    expect(otto(page)).to_have_count(2)
    page.wait_for_timeout(300)
    assert heard(page) == ["Otto: The first.", "Otto: The second."]
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "off"
    page.reload()
    expect(otto(page)).to_have_count(2)
    page.wait_for_timeout(500)
    assert heard(page) == []
    expect(page.locator(".live p")).to_have_count(0)


def test_everything_works_by_keyboard_and_tab_may_leave(visit: Visit) -> None:
    page = visit(opened=False)
    page.get_by_role("button", name="Ask Otto").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("ask")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="A child")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if focused(page) == "An adult":
            break
    page.keyboard.press("Enter")
    expect(otto(page)).to_have_count(2)
    assert focused(page) == "input"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "Ask Otto"
    page.keyboard.press("Tab")
    assert focused(page) == ""


def test_reload_keeps_history_draft_and_the_open_panel(visit: Visit, site: Site, log: Otto) -> None:
    page = visit()
    say(page, "hello")
    expect(otto(page)).to_have_count(1)
    page.get_by_label("Your question").fill("half a thought")
    elsewhere = Client(log.port)
    elsewhere.token = site.token
    elsewhere.say("asked elsewhere")
    page.reload()
    expect(page.get_by_label("Your question")).to_have_value("half a thought")
    expect(page.locator(".visitor .bubble")).to_have_text(["hello", "asked elsewhere"])
    expect(otto(page)).to_have_count(2)
    assert len(log.sessions) == 1


@pytest.mark.parametrize("fault", ["lose", "cut", "500", "error"])
def test_what_is_lost_on_the_wire_comes_exactly_once(
    visit: Visit, site: Site, fault: str, log: Otto
) -> None:
    page = visit()
    site.faults = [fault]
    say(page, "twice")
    expect(states(page)).to_have_text("Sent")
    expect(otto(page)).to_have_text(["The first.", "The second."])
    assert len(set(site.arrivals)) == 1
    assert len(site.arrivals) == 2
    assert log.said == ["twice"]
    assert heard(page).count("Otto: The first.") == 1


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(
    visit: Visit, site: Site, log: Otto
) -> None:
    page = visit()
    site.faults = ["slow"]
    say(page, "twice")
    expect(otto(page)).to_have_count(1)
    expect(page.get_by_text("Otto is writing…")).to_be_visible()
    page.reload()
    expect(otto(page)).to_have_text(["The first.", "The second."])
    expect(states(page)).to_have_text("Sent")
    assert log.said == ["twice"]


def test_offline_messages_wait_and_go_out_once_in_order(
    visit: Visit, site: Site, log: Otto
) -> None:
    page = visit()
    expect(page.get_by_role("dialog", name="Maple Street")).to_be_visible()
    page.context.set_offline(True)
    say(page, "one")
    say(page, "two")
    expect(page.locator(".notice")).to_contain_text("You are offline")
    expect(states(page)).to_have_text(["Waiting to be sent"] * 2)
    page.context.set_offline(False)
    expect(states(page)).to_have_text(["Sent"] * 2)
    expect(page.locator(".notice")).to_be_hidden()
    assert log.said == ["one", "two"]
    assert len(site.arrivals) == 2


def test_too_many_requests_count_down_and_send_the_same_message(visit: Visit, site: Site) -> None:
    page = visit()
    site.faults = ["429", "409"]
    say(page, "hello")
    expect(page.locator(".notice")).to_contain_text("seconds left: 2")
    expect(page.locator(".notice")).to_contain_text("seconds left: 1")
    expect(otto(page)).to_have_count(1)
    assert len(site.arrivals) == 3
    assert len(set(site.arrivals)) == 1
    # It is said once, not at each second and not at each wait.
    assert len([line for line in heard(page) if "seconds" in line]) == 1


def test_a_dead_server_leaves_the_message_a_way_to_try_again_and_the_phone(
    visit: Visit, site: Site
) -> None:
    page = visit()
    expect(page.get_by_role("dialog", name="Maple Street")).to_be_visible()
    site.faults = ["503"] * 4
    say(page, "hello")
    expect(states(page)).to_have_text("Not sent yet.", timeout=20000)
    expect(page.locator(".notice a")).to_have_attribute("href", "tel:6095550100")
    page.get_by_role("button", name="Try again").click()
    expect(states(page)).to_have_text("Sent")
    expect(otto(page)).to_have_count(1)
    assert len(set(site.arrivals)) == 1


@pytest.mark.parametrize("status", ["413", "403"])
def test_a_refused_message_says_why_and_lets_the_next_pass(
    visit: Visit, site: Site, status: str
) -> None:
    page = visit()
    site.faults = [status]
    say(page, "one")
    expect(states(page)).to_have_text("Not sent. Said no.")
    say(page, "two")
    expect(otto(page)).to_have_count(1)


def test_a_session_that_is_over_is_renewed_and_nothing_is_lost(
    visit: Visit, site: Site, log: Otto
) -> None:
    page = visit()
    say(page, "one")
    expect(otto(page)).to_have_count(1)
    log.forget()
    say(page, "two")
    expect(otto(page)).to_have_count(2)
    expect(page.locator(".visitor .bubble")).to_have_text(["one", "two"])
    expect(page.get_by_text("It has been a while")).to_be_visible()
    order = page.locator(".item").all_inner_texts()
    assert ["two" in text for text in order].index(True) == 4


def test_choices_are_buttons_used_once_and_kept_readable(visit: Visit, site: Site) -> None:
    page = visit()
    say(page, "ask")
    choice = page.get_by_role("button", name="A child")
    choice.click()
    expect(otto(page)).to_have_count(2)
    expect(page.locator(".visitor .bubble")).to_have_text(["ask", "A child"])
    expect(choice).to_have_attribute("aria-disabled", "true")
    expect(choice).to_have_attribute("aria-pressed", "true")
    choice.click(force=True)
    page.wait_for_timeout(200)
    assert len(site.arrivals) == 2
    assert "Otto: Who is it for? You can choose: A child; An adult." in heard(page)


def test_copy_takes_the_text_to_copy(visit: Visit) -> None:
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    say(page, "hello")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator(".notice")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "To take along"


def test_thumbs_can_be_taken_back_and_ask_why_only_when_down(
    visit: Visit, site: Site, log: Otto
) -> None:
    page = visit()
    say(page, "hello")
    up, down = (
        page.get_by_role("button", name="This helped"),
        page.get_by_role("button", name="This did not help"),
    )
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    up.click()
    expect(up).to_have_attribute("aria-pressed", "false")
    down.click()
    why = page.get_by_role("group", name="What was wrong with it?")
    # The thanks may still be those for the thumb.
    with page.expect_response(lambda answer: "not_what" in (answer.request.post_data or "")):
        why.get_by_role("button", name="Not what I asked").click()
    expect(why).to_be_hidden()
    expect(page.locator(".notice")).to_contain_text("Thank you")
    assert len([r for r in site.requests if "feedback" in r]) == 4
    assert log.rows("SELECT value, reason FROM web_replies") == [("down", "not_what_i_asked")]


def test_start_over_makes_a_new_session_and_delete_leaves_nothing(
    visit: Visit, site: Site, log: Otto
) -> None:
    page = visit()
    say(page, "first thought")
    expect(otto(page)).to_have_count(1)
    (first,) = log.sessions
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Start over").click()
    expect(page.locator(".item.small")).to_have_text(
        "You started over: Otto does not remember what came before."
    )
    (second,) = log.sessions
    assert first != second
    say(page, "two")
    expect(otto(page)).to_have_count(2)
    page.get_by_role("button", name="Delete this chat").click()
    page.get_by_role("button", name="Yes, delete it for good").click()
    expect(page.locator(".notice")).to_have_text("The chat is deleted.")
    expect(otto(page)).to_have_count(0)
    assert log.sessions == []
    assert log.said == []
    kept = page.evaluate("JSON.stringify([sessionStorage, localStorage, document.cookie])")
    assert "thought" not in kept
    assert site.token not in kept


def test_what_is_deleted_offline_is_deleted_at_the_server_when_it_is_back(
    visit: Visit, log: Otto
) -> None:
    page = visit()
    say(page, "a private thought")
    expect(otto(page)).to_have_count(1)
    page.context.set_offline(True)
    delete_chat(page)
    expect(page.locator(".notice")).to_contain_text("I'll delete its copy")
    assert log.said == ["a private thought"]
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.context.set_offline(False)
    assert log.said == []


def test_a_server_that_is_out_of_order_is_not_busy_for_ever(visit: Visit, site: Site) -> None:
    page = visit()
    expect(page.get_by_role("dialog", name="Maple Street")).to_be_visible()
    site.faults = ["error"] * 4
    say(page, "hello")
    expect(states(page)).to_have_text("Not sent yet.")
    expect(page.locator(".notice a")).to_have_attribute("href", "tel:6095550100")
    page.get_by_role("button", name="Try again").click()
    expect(otto(page)).to_have_count(1)


def test_without_a_session_an_emergency_is_answered_by_the_server_all_the_same(
    visit: Visit,
) -> None:
    page = visit(opened=False)
    problem = {"status": 503, "headers": {"Retry-After": "1"}, "json": {"detail": "Sorry."}}
    page.route("**/session", lambda route: route.fulfill(**problem))
    page.get_by_role("button", name="Ask Otto").click()
    say(page, "my baby swallowed a battery")
    expect(page.locator(".otto .card")).to_contain_text("911")
    expect(states(page)).to_have_text("Sent")


def test_an_emergency_in_a_message_that_is_too_long_is_sent(visit: Visit) -> None:
    page = visit()
    say(page, "x " * 520 + "she can't breathe")
    expect(page.locator(".otto .card")).to_contain_text("911")


def test_an_answer_on_its_way_while_starting_over_arrives(visit: Visit, site: Site) -> None:
    page = visit()
    site.faults = ["slow"]
    say(page, "twice")
    expect(otto(page)).to_have_count(1)
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("button", name="Start over").click()
    expect(otto(page)).to_have_text(["The first.", "The second."])
    expect(page.locator(".item").last).to_contain_text("You started over")


def two_tabs(visit: Visit) -> tuple[Page, Page]:
    """Two tabs of one browser, after the first message in the first."""
    first = visit()
    say(first, "one")
    expect(otto(first)).to_have_count(1)
    second = first.context.new_page()
    second.goto(first.url)
    second.get_by_role("button", name="Ask Otto").click()
    expect(otto(second)).to_have_count(1)
    return first, second


def test_what_a_closed_tab_did_not_send_another_sends(visit: Visit, log: Otto) -> None:
    first, second = two_tabs(visit)
    first.context.set_offline(True)
    say(first, "two")
    expect(second.get_by_text("two")).to_be_visible()
    first.close()
    second.context.set_offline(False)
    expect(states(second)).to_have_text(["Sent", "Sent"])
    assert log.said == ["one", "two"]


def test_a_refused_message_keeps_its_place(visit: Visit, site: Site) -> None:
    page = visit()
    site.faults = ["413"]
    say(page, "one")
    expect(states(page)).to_have_text("Not sent. Said no.")
    say(page, "where")
    expect(otto(page)).to_have_count(1)
    expect(page.locator(".visitor .bubble")).to_have_text(["one", "where"])
    expect(page.locator(".item").last).to_contain_text("Which city?")


def test_an_element_that_is_moved_goes_on(visit: Visit, site: Site) -> None:
    page = visit()
    site.faults = ["slow"]
    say(page, "twice")
    expect(otto(page)).to_have_count(1)
    page.evaluate("window.kept = document.querySelector('otto-chat'); kept.remove()")
    page.wait_for_timeout(4000)
    page.evaluate("document.body.append(kept)")
    say(page, "hello")
    expect(otto(page)).to_have_count(3)


def test_an_element_added_by_a_script_takes_the_place_of_the_automatic_one(visit: Visit) -> None:
    page = visit(opened=False)
    page.evaluate("document.body.append(document.createElement('otto-chat'))")
    expect(page.locator("otto-chat")).to_have_count(1)
    expect(page.get_by_role("button", name="Ask Otto")).to_have_count(1)


def test_an_emergency_shows_its_numbers_with_the_server_dead(visit: Visit, site: Site) -> None:
    page = visit(opened=False)
    page.route("**/webhooks/**", lambda route: route.abort())
    page.get_by_role("button", name="Ask Otto").click()
    say(page, "I can’t breathe")
    card = page.get_by_role("group", name="Get help now")
    expect(card.get_by_role("link", name="call 911")).to_have_attribute("href", "tel:911")
    say(page, "I want to kill myself")
    for address in ["tel:988", "sms:988"]:
        expect(page.locator(f'.card a[href="{address}"]')).to_be_visible()
    assert len([line for line in heard(page) if line.startswith("Get help now")]) == 2
    page.unroute("**/webhooks/**")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(states(page)).to_have_text(["Sent"] * 2)


def test_the_servers_emergency_answer_takes_the_place_of_the_card(visit: Visit) -> None:
    page = visit()
    say(page, EMERGENCY)
    expect(states(page)).to_have_text("Sent")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".otto .card")).to_contain_text("988")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("My husband can't breathe!", "danger"),
        ("he is unconscious", "danger"),
        ("I took an overdose", "danger"),
        ("chest pain now", "danger"),
        ("she won't wake up", "danger"),
        ("should i call 911", None),
        ("please help. she's not breathing. what do i do", "danger"),
        ("she can't breathe well since the stroke", None),
        ("i'm having thoughts of suicide", "crisis"),
        ("i want to end my life", "crisis"),
        ("I don't care, I want to die", "crisis"),
        ("please no, she's unconscious", "danger"),
        ("I'm not suicidal", None),
        ("no past suicide attempts", None),
        ("can OT help with breathing exercises", None),
        ("he had a stroke in May", None),
        ("the wait is killing me", None),
        ("how long is a session", None),
    ],
)
def test_explicit_emergencies_are_seen_and_nothing_else(
    visit: Visit, text: str, kind: str | None
) -> None:
    page = visit(opened=False)
    see = "(t) => import('/widget/otto-chat.js').then((m) => m.seesEmergency(t))"
    assert page.evaluate(see, text) == kind


def test_talk_of_rehabilitation_hardly_ever_shows_the_card(visit: Visit) -> None:
    cases = [json.loads(line) for line in (CASES / "safety.jsonl").read_text("utf-8").splitlines()]
    page = visit(opened=False)
    see = """(texts) => import('/widget/otto-chat.js').then((m) => texts.filter(m.seesEmergency))"""

    def seen(*kinds: str) -> float:
        texts = [case["text"] for case in cases if case["kind"] in kinds]
        return len(page.evaluate(see, texts)) / len(texts)

    assert seen("hard_negative") < 0.005
    # The server knows the many; the element only has to know some when it is gone.
    assert seen("emergency", "crisis") > 0.05


XSS = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    "<svg/onload=window.pwned=1>",
    "[click](javascript:window.pwned=1)",
    "[click](JaVaScRiPt:window.pwned=1)",
    "[click](data:text/html,<script>window.pwned=1</script>)",
    "[click](vbscript:x)",
    "[**bold**](javascript:window.pwned=1)",
    "**<b onclick=window.pwned=1>x</b>**",
    "</p><iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "{{constructor.constructor('window.pwned=1')()}}",
    "a < b && c > d; first_last@clinic.org, 5 * 3 * 2 [see site] `x`",
]


@pytest.mark.parametrize("text", XSS)
def test_no_text_becomes_code_and_none_is_lost(visit: Visit, text: str) -> None:
    page = visit()
    say(page, f"echo {text}")
    expect(otto(page)).to_have_text(f"{text.replace('**<b', '<b').replace('b>**', 'b>')}")
    expect(page.locator(".visitor .bubble")).to_have_text(f"echo {text}")
    for link in page.locator(".log a").all():
        link.click()
    assert page.locator(".log").locator("script, img, iframe, b").count() == 0
    assert page.evaluate("window.pwned") == 0


MARKDOWN = [
    ("one\ntwo\n\nthree", "P(one|BR|two) P(three)"),
    ("Choose:\n- a **b**\n- c", "P(Choose:) UL(LI(a |STRONG(b))|LI(c))"),
    ("**call [911](tel:911) now.**", "P(STRONG(call |A(911)| now.))"),
    ("[text 988](sms:988)", "P(A(text 988))"),
    ("[me](mailto:a@b.org)", "P(A(me))"),
    ("[x](/faq) [x](ftp://a.b)", "P([x](/faq) [x](ftp://a.b))"),
    ("*seen* on 5*3*2 and **open", "P(EM(seen)| on 5*3*2 and **open)"),
    ("# Head\n> quote\n1. one", "P(# Head|BR|> quote|BR|1. one)"),
    ("2**3**4, -not a list", "P(2**3**4, -not a list)"),
]


@pytest.mark.parametrize(("text", "tree"), MARKDOWN)
def test_markdown(visit: Visit, text: str, tree: str) -> None:
    page = visit(opened=False)
    show = """(t) => import('/widget/otto-chat.js').then((m) => {
      const show = (n) => n.nodeType === 3 ? n.data : n.tagName +
        (n.tagName === 'BR' ? '' : `(${[...n.childNodes].map(show).filter(Boolean).join('|')})`);
      return m.markdown(t).map(show).join(' '); })"""
    assert page.evaluate(show, text) == tree


def test_links_to_the_web_open_apart_and_say_so(visit: Visit) -> None:
    page = visit()
    say(page, "echo see [our page](https://example.org/a?b=c)")
    link = page.get_by_role("link", name="our page (opens in a new tab)")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("href", "https://example.org/a?b=c")


def test_a_hostile_page_cannot_hide_or_deform_it(visit: Visit, site: Site) -> None:
    page = visit(site.page(head="<link rel=stylesheet href=/hostile.css>"))
    say(page, "hello")
    expect(otto(page)).to_have_text(PLAIN)
    size = page.evaluate(
        "getComputedStyle(document.querySelector('otto-chat').shadowRoot.querySelector('.bubble')).fontSize"
    )
    assert size == "16px"
    box = page.locator(".launcher").bounding_box()
    assert box
    assert box["y"] > 500
    assert box["height"] >= 24


def test_a_missing_script_leaves_the_page_as_it_is(visit: Visit, site: Site) -> None:
    page = visit(site.page(script="/widget/gone.js"), opened=False)
    expect(page.get_by_role("heading", name="Clinic")).to_be_visible()


SMALL = {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True}


def test_a_small_screen_gets_a_modal_that_fits(visit: Visit, log: Otto) -> None:
    page = visit(**SMALL)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_have_attribute("aria-modal", "true")
    assert dialog.bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 568}
    assert page.evaluate("document.querySelector('h1').inert")
    assert focused(page) == "title"
    say(page, "ask")
    expect(page.get_by_role("button", name="A child")).to_be_visible()
    say(page, "echo " + "Rehabilitationseinrichtungsverzeichnis" * 4)
    expect(otto(page)).to_have_count(2)
    assert fits(page)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Text size").select_option("Very large")
    assert fits(page)
    page.get_by_role("button", name="Close").click()
    assert not page.evaluate("document.querySelector('h1').inert")
    assert focused(page) == "Ask Otto"


def test_right_to_left(visit: Visit, site: Site) -> None:
    page = visit(site.page(html="lang=ar dir=rtl"))
    say(page, "hello")
    expect(otto(page)).to_have_count(1)
    launcher = page.locator(".launcher").bounding_box()
    assert launcher
    assert launcher["x"] < 100
    assert page.locator(".root").get_attribute("dir") == "rtl"
    assert page.locator(".root").get_attribute("lang") == "ar"
    assert page.locator(".otto .bubble").get_attribute("lang") == "en"
    assert fits(page)


def test_a_message_keeps_its_own_direction(visit: Visit) -> None:
    page = visit()
    say(page, "مرحبا")
    assert (
        page.locator(".visitor .bubble").evaluate("(n) => getComputedStyle(n).direction") == "rtl"
    )


def test_a_server_that_hangs_is_asked_again(visit: Visit, site: Site) -> None:
    page = visit(opened=False)
    page.clock.install()
    page.get_by_role("button", name="Ask Otto").click()
    site.faults = ["hang"]
    say(page, "hello")
    expect(states(page)).to_have_text("Sending…")
    page.wait_for_timeout(500)
    page.clock.fast_forward(20500)
    page.wait_for_timeout(500)
    page.clock.fast_forward(2000)
    expect(states(page)).to_have_text("Sent")
    expect(otto(page)).to_have_count(1)
    assert len(site.arrivals) == 2
    assert len(set(site.arrivals)) == 1


def test_targets_are_large_enough(visit: Visit) -> None:
    page = visit()
    say(page, "ask")
    say(page, "hello")
    expect(otto(page)).to_have_count(2)
    page.get_by_role("button", name="Settings").click()
    for target in page.locator("otto-chat").locator("button, select, summary, input").all():
        if target.is_visible():
            box = target.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 24, target.inner_text()


def test_motion_only_where_it_is_welcome(visit: Visit, site: Site) -> None:
    for motion, name in [("reduce", "none"), ("no-preference", "dots")]:
        page = visit(reduced_motion=motion)
        site.faults = ["slow"]
        say(page, "twice")
        dots = page.locator(".dots")
        expect(dots).to_be_visible()
        assert dots.evaluate("(n) => getComputedStyle(n).animationName") == name


def test_forced_colours_keep_edges(visit: Visit) -> None:
    page = visit(forced_colors="active")
    say(page, "ask")
    bubble = page.locator(".otto .bubble")
    assert bubble.evaluate("(n) => getComputedStyle(n).borderTopWidth") == "1px"


def contrast(page: Page, selector: str) -> float:
    return page.locator(selector).first.evaluate(
        """(n) => {
      const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map(linear);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      let at = n, back;
      while ((back = getComputedStyle(at).backgroundColor) === "rgba(0, 0, 0, 0)")
        at = at.parentElement;
      const [a, b] = [light(getComputedStyle(n).color), light(back)].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05); }"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_far_enough_apart(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    say(page, EMERGENCY)
    expect(states(page)).to_have_text("Sent")
    say(page, "hello")
    expect(otto(page)).to_have_count(2)
    page.get_by_role("button", name="Settings").click()
    for selector in [
        ".launcher",
        ".main",
        "h2",
        ".otto .bubble",
        ".card a",
        ".card h3",
        ".state span",
        "summary",
        ".settings button",
    ]:
        assert contrast(page, selector) >= 4.5, selector
    page.evaluate("document.querySelector('otto-chat').setAttribute('theme', 'light')")
    assert contrast(page, ".otto .bubble") >= 4.5


def test_two_tabs_show_one_conversation(visit: Visit, site: Site, log: Otto) -> None:
    first, second = two_tabs(visit)
    say(second, "two")
    expect(otto(second)).to_have_count(2)
    expect(first.locator(".visitor .bubble")).to_have_text(["one", "two"])
    expect(otto(first)).to_have_count(2)
    assert len(log.sessions) == 1
    assert len(heard(second)) == 1
    delete_chat(second)
    expect(otto(first)).to_have_count(0)


def test_enter_while_composing_does_not_send(visit: Visit, site: Site) -> None:
    page = visit()
    field = page.get_by_label("Your question")
    field.fill("にほん")
    field.evaluate(
        "(n) => n.dispatchEvent(new KeyboardEvent("
        "'keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    page.wait_for_timeout(200)
    expect(field).to_have_value("にほん")
    assert site.arrivals == []


def test_a_long_message_is_counted_and_kept(visit: Visit, site: Site) -> None:
    page = visit()
    field = page.get_by_label("Your question")
    field.fill("x" * 950)
    expect(page.locator(".count")).to_have_text("Characters left: 50")
    say(page, "x" * 1001)
    expect(page.locator(".count")).to_contain_text("Too long by 1")
    expect(field).to_have_value("x" * 1001)
    assert site.arrivals == []


def test_the_location_is_asked_for_on_the_tap_only_and_rounded(visit: Visit, site: Site) -> None:
    page = visit(
        permissions=["geolocation"], geolocation={"latitude": 40.2206, "longitude": -74.7597}
    )
    say(page, "where")
    page.get_by_role("button", name="Use my location").click()
    expect(page.locator(".visitor .bubble").last).to_have_text("My location: 40.22, -74.76")
    map_ = page.get_by_role("img")
    expect(map_).to_have_attribute(
        "aria-label",
        "Map, north at the top. 1. Ewing, New Jersey, about 4 miles; "
        "2. Trenton, New Jersey, 11 miles east.",
    )
    expect(page.locator("ol li")).to_have_count(2)
    expect(page.get_by_role("button", name="Use my location")).to_be_hidden()


def test_comfort_is_remembered(visit: Visit) -> None:
    page = visit()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Text size").select_option("Large")
    page.get_by_label("Spacing").select_option("Wide")
    page.get_by_label("reads answers aloud").check()
    page.reload()
    say(page, "hello")
    expect(page.get_by_role("button", name="Read aloud")).to_be_visible()
    assert page.locator(".panel").evaluate("(n) => getComputedStyle(n).fontSize") == "20px"


def test_words_can_be_translated_and_colours_changed(visit: Visit, site: Site) -> None:
    body = """<otto-chat theme=dark strings='{"launcher": "Pregunte a Otto"}'></otto-chat>"""
    page = visit(site.page(body=body, html="lang=es"), opened=False)
    launcher = page.get_by_role("button", name="Pregunte a Otto")
    expect(launcher).to_be_visible()
    assert page.locator("otto-chat").count() == 1
    page.evaluate(
        "document.querySelector('otto-chat').style.setProperty('--otto-accent', 'rgb(1, 2, 3)')"
    )
    assert launcher.evaluate("(n) => getComputedStyle(n).backgroundColor") == "rgb(1, 2, 3)"


def test_the_demo_page(visit: Visit, site: Site) -> None:
    page = visit(f"{site.address}/")
    say(page, "hello")
    expect(otto(page)).to_have_count(1)


def test_twice_the_zoom_and_the_largest_text_fit(visit: Visit) -> None:
    page = visit(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Text size").select_option("Very large")
    page.get_by_label("Spacing").select_option("Wide")
    page.get_by_role("button", name="Settings").click()
    say(page, "ask")
    expect(page.get_by_role("button", name="A child")).to_be_visible()
    assert fits(page)


def test_what_was_deleted_does_not_come_back(visit: Visit, site: Site) -> None:
    page = visit()
    site.faults = ["slow"]
    say(page, "twice")
    expect(otto(page)).to_have_count(1)
    delete_chat(page)
    page.wait_for_timeout(3500)
    expect(page.locator(".visitor, .otto")).to_have_count(0)


def test_kept_local_a_closed_window_finds_its_chat(visit: Visit, site: Site) -> None:
    address = site.page(body="<otto-chat keep=local></otto-chat>")
    first = visit(address)
    say(first, "hello")
    expect(otto(first)).to_have_count(1)
    second = first.context.new_page()
    first.close()
    second.goto(address)
    expect(otto(second)).to_have_count(1)
    # The open panel has asked for its history, which counts as a use; a day later all is gone.
    second.wait_for_load_state("networkidle")
    second.evaluate(
        "(() => { const key = Object.keys(localStorage).find((k) => k.includes('http'));"
        " const kept = JSON.parse(localStorage[key]); kept.saved -= 25 * 3600e3;"
        " localStorage[key] = JSON.stringify(kept); })()"
    )
    second.reload()
    expect(otto(second)).to_have_count(0)


@pytest.mark.parametrize(
    "options", [{}, {"color_scheme": "dark"}, SMALL], ids=["light", "dark", "small"]
)
def test_axe_finds_nothing_in_any_state(visit: Visit, site: Site, options: dict) -> None:
    page = visit(f"{site.address}/", opened=False, bypass_csp=True, **options)
    assert problems(page) == []
    page.get_by_role("button", name="Ask Otto").click()
    assert problems(page) == []
    for text in ["hello", "ask", EMERGENCY, "where", "My location: 40.22, -74.74"]:
        say(page, text)
        expect(states(page).last).to_have_text("Sent")
    assert problems(page) == []
    page.get_by_role("button", name="This did not help").last.click()
    expect(page.get_by_role("group", name="What was wrong with it?")).to_be_visible()
    page.get_by_text("Where this comes from").first.click()
    page.get_by_role("button", name="Settings").click()
    assert problems(page) == []
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Your question").fill("x" * 1001)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    say(page, "one more")
    expect(page.locator(".notice")).to_be_visible()
    assert problems(page) == []


def test_a_server_dead_from_the_start_still_gives_the_phone(visit: Visit, site: Site) -> None:
    page = visit(site.page(body="<otto-chat phone='(609) 555-0199'></otto-chat>"), opened=False)
    page.route("**/webhooks/**", lambda route: route.abort())
    page.get_by_role("button", name="Ask Otto").click()
    expect(page.locator(".notice")).to_have_text(
        "I can't reach the clinic's computer just now. Your messages are kept here. "
        "You can also call the clinic: (609) 555-0199"
    )
    expect(page.locator(".notice a")).to_have_attribute("href", "tel:6095550199")
    expect(page.get_by_role("heading", name="Clinic", exact=True)).to_be_visible()


def test_an_answer_that_comes_while_closed_shows_on_the_button(visit: Visit, site: Site) -> None:
    page = visit()
    site.faults = ["429"]
    say(page, "hello")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ask Otto: new answer").click()
    expect(otto(page)).to_have_text(PLAIN)


def test_a_page_of_another_origin(visit: Visit, site: Site, clinic: Site) -> None:
    page = visit(clinic.page(otto=site.address))
    site.faults = ["429"]
    say(page, "ask")
    expect(page.locator(".notice")).to_contain_text("seconds left: 2")
    page.get_by_role("button", name="A child").click()
    expect(otto(page)).to_have_count(2)
    assert not [request for request in clinic.requests if "webhooks" in request]
    assert [request for request in site.requests if "messages" in request]


def test_a_website_that_is_not_listed_gets_no_word(visit: Visit, site: Site, log: Otto) -> None:
    stranger = Site()
    page = visit(stranger.page(otto=site.address))
    expect(page.locator(".notice")).to_contain_text("I can't reach the clinic's computer")
    assert log.sessions == []
    stranger.close()
