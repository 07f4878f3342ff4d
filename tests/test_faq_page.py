from html.parser import HTMLParser

import pytest

from bot.answers import Citation, Source, Topic, load_sources, topics
from bot.faq_page import UNCOVERED, html, page
from bot.settings import Clinic

VOID = {"meta", "br", "link"}


class Reader(HTMLParser):
    """What a browser would see: tags that close each other, anchors, links and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if "href" in given else []
        if tag in {"h1", "h2", "h3"}:
            self.headings.append("")

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.text += data
        if self.open and self.open[-1] in {"h1", "h2", "h3"}:
            self.headings[-1] += data


@pytest.fixture(scope="module")
def whole() -> Reader:
    return Reader(page(topics(), load_sources(), Clinic(name="Maple & Co", phone="609 555 0100")))


def test_every_question_has_its_heading_anchor_and_link(whole: Reader) -> None:
    assert whole.open == []
    assert sorted(whole.ids) == sorted(topics())
    for topic in topics().values():
        assert topic.question in whole.headings
        assert whole.links.count(f"#{topic.id}") == 1


def test_every_answer_names_its_sources_and_the_clinic(whole: Reader) -> None:
    for topic in topics().values():
        for citation in topic.citations:
            assert f"{load_sources()[citation.id].name}: “{citation.section}”" in whole.text
    assert "You can call Maple & Co at 609 555 0100." in whole.text
    assert "{" not in whole.text
    assert "**" not in whole.text
    assert UNCOVERED in whole.headings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\n\n**two**", "<p>one</p>\n<p><strong>two</strong></p>"),
        (
            "a:\n- b\n- **c**\nd",
            "<p>a:</p>\n<ul>\n<li>b</li>\n<li><strong>c</strong></li>\n</ul>\n<p>d</p>",
        ),
        ("**[911](tel:911)**", '<p><strong><a href="tel:911">911</a></strong></p>'),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>"),
        ('[x](https://a.b/"onclick=)', '<p><a href="https://a.b/&quot;onclick=">x</a></p>'),
        ("<b>&", "<p>&lt;b&gt;&amp;</p>"),
    ],
)
def test_markdown(text: str, expected: str) -> None:
    assert html(text) == expected


def test_content_cannot_become_markup() -> None:
    nasty = '"><script>alert(1)</script>'
    source = Source("s", nasty, nasty, nasty, nasty, (nasty,))
    topic = Topic("t", nasty, nasty, nasty, (Citation("s", nasty),), (), True, ())
    text = page({"t": topic}, {"s": source}, Clinic(name=nasty))
    assert "<script" not in text
    assert Reader(text).open == []
