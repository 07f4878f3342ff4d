"""What the pages that `otto` writes share: one file, pictures included, nothing fetched."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.errors import OttoError

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse } td, th { border: 1px solid #bbb; padding: .2rem .6rem }
th { text-align: left } img { max-width: 100%; height: auto }
caption { text-align: left; font-weight: bold } td { overflow-wrap: anywhere }
section { break-inside: avoid } .chart { display: flex; flex-wrap: wrap; gap: 0 2rem }
.chart p { flex: 3 1 22rem; margin: 0 } .chart table { align-self: flex-start; font-size: .85rem }
@media print { body { margin: 0; max-width: none } thead { display: table-header-group } }
"""


class PageError(OttoError):
    """A file cannot be written; the message says why."""


def document(title: str, parts: Sequence[str]) -> str:
    """A whole page from its parts, which are HTML."""
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def write(path: Path, text: str, private: bool = False) -> None:
    """Write a file; one that is `private` only its owner may read.

    Raises:
        PageError: it cannot be written.
    """
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o666)
        with os.fdopen(opened, "wb") as file:
            if private:
                os.fchmod(file.fileno(), 0o600)
            # A text may hold half a character, which is no UTF-8.
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise PageError(f"{path}: cannot be written ({error.strerror})") from error


def table(head: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> str:
    """A table; everything in its cells is shown as it is."""
    lines = ["<table>"]
    lines += [f"<caption>{html.escape(caption)}</caption>"] if caption else []
    heads = "".join(f'<th scope="col">{h}</th>' for h in head)
    lines += ["<thead>", f"<tr>{heads}</tr>", "</thead>", "<tbody>"]
    lines += [
        "<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    ]
    return "\n".join([*lines, "</tbody>", "</table>"])


def image(svg: bytes, words: str) -> str:
    """A picture within the page, and what it shows in words."""
    data = base64.b64encode(svg).decode()
    return f'<p><img src="data:image/svg+xml;base64,{data}" alt="{html.escape(words)}"></p>'


def figure(width: float, height: float) -> tuple[Any, Any]:
    """A figure of so many inches and its axes, to draw on."""
    # The plotting library takes most of a second to import, and only pages need it.
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="tight")
    return drawn, drawn.subplots()


def svg(drawn: Any) -> bytes:
    """A figure as SVG, the same for the same numbers."""
    file = io.BytesIO()
    drawn.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
