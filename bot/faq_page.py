"""All of Otto's questions and answers as one page of HTML, for a browser without JavaScript."""

import re
from collections.abc import Iterable, Mapping
from html import escape

from bot.answers import Source, Topic
from bot.settings import Clinic

UNCOVERED = "What the sources do not say, and whom to ask"

# On text that is escaped already: nothing here can open a tag of its own.
BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
LINK = re.compile(r"\[([^\]]+)\]\(((?:https?|mailto|tel|sms):[^()\s]+)\)")

HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="stylesheet" href="widget/site.css">
</head>
<body>
<header>
<h1>{title}</h1>
<p>General information from published articles, not medical advice. In an emergency call
<a href="tel:911">911</a>; in a crisis call or <a href="sms:988">text</a>
<a href="tel:988">988</a>.</p>
</header>
<main>
"""
FOOT = "</main>\n</body>\n</html>\n"


def page(topics: Mapping[str, Topic], sources: Mapping[str, Source], clinic: Clinic) -> str:
    """The page: the questions by the document that answers them, each with an anchor, its id."""
    groups: dict[str, list[Topic]] = {source.name: [] for source in sources.values()}
    groups[UNCOVERED] = []
    for topic in topics.values():
        answered = topic.covered and topic.citations
        groups[sources[topic.citations[0].id].name if answered else UNCOVERED].append(topic)
    filled = [(name, sorted(group, key=_question)) for name, group in groups.items() if group]
    title = "Questions and answers about occupational therapy"
    if clinic.name:
        title = f"{clinic.name}: {title[0].lower()}{title[1:]}"
    lines = [HEAD.format(title=escape(title)), '<nav aria-label="Questions">']
    for name, group in filled:
        lines += [f"<h2>{escape(name)}</h2>", "<ul>"]
        lines += [f'<li><a href="#{escape(t.id)}">{escape(t.question)}</a></li>' for t in group]
        lines += ["</ul>"]
    lines += ["</nav>"]
    for name, group in filled:
        lines += [f"<section>\n<h2>{escape(name)}</h2>"]
        for topic in group:
            lines += [f'<h3 id="{escape(topic.id)}">{escape(topic.question)}</h3>']
            lines += [html(topic.web.replace("{clinic_contact}", clinic.contact()))]
            lines += _cited(topic, sources)
        lines += ["</section>"]
    return "\n".join([*lines, FOOT])


def html(text: str) -> str:
    """An answer's Markdown as HTML: paragraphs, lists, bold and links; the rest as written."""
    blocks: list[str] = []
    for line in text.splitlines():
        if line.startswith("- "):
            item = f"<li>{_inline(line[2:])}</li>\n</ul>"
            started = blocks and blocks[-1].endswith("</ul>")
            before = blocks.pop().removesuffix("</ul>") if started else "<ul>\n"
            blocks.append(before + item)
        elif line.strip():
            blocks.append(f"<p>{_inline(line)}</p>")
    return "\n".join(blocks)


def _inline(text: str) -> str:
    return BOLD.sub(r"<strong>\1</strong>", LINK.sub(r'<a href="\2">\1</a>', escape(text)))


def _question(topic: Topic) -> str:
    return topic.question.lower()


def _cited(topic: Topic, sources: Mapping[str, Source]) -> Iterable[str]:
    for citation in topic.citations:
        source = sources[citation.id]
        review = f", reviewed {source.review}" if source.review else ""
        cited = escape(f"{source.name}: “{citation.section}”{review}")
        yield f"<p><small>Source: {cited}</small></p>"
