"""The commands of `otto shell`: one table, which /help, the completion and the docs come from."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

from bot import explain, flags
from bot.answers import load_sources, topics
from bot.conversation import Conversation
from bot.errors import OttoError
from bot.evaluation import OUTCOMES, CasesError, check_expectation, meets
from bot.gate import configured
from bot.nearest import Examples

CHANNELS = ("web", "sms")
NEAREST, FROM_LABELS, TOP = 3, 3, 5


class CommandError(OttoError):
    """A command was not typed as it must be; the message says how."""


@dataclass
class Session:
    """A tester's session: the conversation, what was typed in it, and what was expected.

    `replay` says a line as if it had been typed; `script` has the lines that led to where the
    conversation is, each with what Otto said to it.
    """

    conversation: Conversation
    replay: Callable[[str], Awaitable[None]]
    script: list[tuple[str, str]] = field(default_factory=list, init=False)
    right: int = field(default=0, init=False)
    wrong: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """A conversation may begin on another channel than a script does."""
        self.begin(self.conversation.channel)

    def begin(self, channel: str) -> None:
        """Begin a new conversation on a channel."""
        self.conversation.restart()
        self.conversation.channel = channel
        self.script = [] if channel == CHANNELS[0] else [(f"/as {channel}", "")]

    @cached_property
    def examples(self) -> Examples:
        """The training examples, which take a moment to read."""
        return Examples.load()

    @property
    def last(self) -> explain.Turn:
        """The last turn.

        Raises:
            CommandError: there is none.
        """
        if not self.conversation.turns:
            raise CommandError("nothing was said yet; ask Otto something first")
        return self.conversation.turns[-1]

    def score(self) -> str:
        """How many expectations were met."""
        return f"{self.right} of {self.right + self.wrong} as expected"


def is_command(line: str) -> bool:
    """Whether a line is a command rather than something to say; two slashes stand for one."""
    return line.startswith("/") and not line.startswith("//")


Run = Callable[[Session, str], Awaitable[str]]


@dataclass(frozen=True)
class Command:
    """One row of the table; `values` are what its argument may begin with, for the completion."""

    name: str
    arguments: str
    help: str
    run: Run
    values: Callable[[], Sequence[str]] = tuple

    @property
    def usage(self) -> str:
        """How it is typed."""
        return f"/{self.name} {self.arguments}".strip()


async def why(session: Session, argument: str) -> str:
    """Why the last answer came."""
    turn = session.last
    labels = [entry["name"] for entry in turn.record["labels"]][:FROM_LABELS]
    near = session.examples.nearest(turn.record["text"], labels, NEAREST) if labels else []
    return "\n".join(explain.why(turn, configured(), near, explain.load_rules()))


async def top(session: Session, argument: str) -> str:
    """The likeliest labels."""
    if argument and not (argument.isdecimal() and int(argument)):
        raise CommandError("how many? /top 5")
    lines = explain.ranking(session.last.record["labels"], int(argument or TOP))
    return "\n".join(lines) or "the message was not ranked"


async def source(session: Session, argument: str) -> str:
    """Where the last answer comes from."""
    documents = load_sources()
    lines = []
    for cited in session.last.citations:
        document = documents[cited.id]
        reviewed = f", reviewed {document.review}" if document.review else ""
        lines.append(f"{document.name}, section “{cited.section}”{reviewed} ({cited.id})")
    return "\n".join(lines) or "the last answer names no source"


async def as_channel(session: Session, argument: str) -> str:
    """Speak as on another channel."""
    if argument not in CHANNELS:
        raise CommandError(f"which one? /as {' or /as '.join(CHANNELS)}")
    session.conversation.channel = argument
    session.script.append((f"/as {argument}", ""))
    return f"from now on as by {argument}"


async def slots(session: Session, argument: str) -> str:
    """What Otto remembers."""
    held = await session.conversation.slots()
    return "\n".join(f"{name} = {json.dumps(held[name])}" for name in sorted(held))


async def set_slot(session: Session, argument: str) -> str:
    """Change what Otto remembers."""
    name, _, value = argument.partition(" ")
    if not value:
        raise CommandError("which slot, and to what? /set city Trenton")
    await session.conversation.set(name, _value(value))
    session.script.append((f"/set {argument}", ""))
    return f"{name} = {json.dumps(_value(value))}"


def _value(text: str) -> Any:
    """A value as JSON, or else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


async def back(session: Session, argument: str) -> str:
    """Take back the last turn."""
    taken = await session.conversation.back()
    last = max(i for i, (line, _) in enumerate(session.script) if not is_command(line))
    session.script[last:] = [s for s in session.script[last:] if s[0].startswith("/as ")]
    return f"taken back: {taken.typed}"


async def restart(session: Session, argument: str) -> str:
    """Begin a new conversation."""
    session.begin(session.conversation.channel)
    return "a new conversation"


async def save(session: Session, argument: str) -> str:
    """Write the conversation to a file."""
    if not argument:
        raise CommandError("to which file? /save talk.txt")
    text = "\n".join(f"You: {line}\n{said}" for line, said in session.script)
    try:
        Path(argument).write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise CommandError(f"{argument}: cannot be written ({error.strerror})") from error
    return f"{len(session.script)} lines kept in {argument}"


async def load(session: Session, argument: str) -> str:
    """Say again what a file has."""
    if not argument:
        raise CommandError("which file? /load talk.txt")
    try:
        lines = Path(argument).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{argument}: cannot be read; please check its name") from error
    said = [line.removeprefix("You: ") for line in lines if line.startswith("You: ")]
    said = [line for line in said or lines if line.strip()]
    if any(line.split()[0] == "/load" for line in said):
        raise CommandError(f"{argument}: loads a file itself; please take that line out")
    session.begin(CHANNELS[0])
    for line in said:
        await session.replay(line)
    return f"{len(said)} lines said again from {argument}"


async def flag(session: Session, argument: str) -> str:
    """Mark the last answer for review."""
    verdict, _, note = argument.partition(" ")
    turn = session.last
    now = datetime.now(timezone.utc)
    made = flags.flag(turn.record, turn.channel, verdict, note.strip(), now)
    flags.keep(made, flags.FLAGS)
    return "kept with question and answer; please never flag anybody's personal details"


async def expect(session: Session, argument: str) -> str:
    """Whether the last answer was the right one."""
    try:
        check_expectation(argument)
    except CasesError as error:
        raise CommandError(str(error)) from error
    got = session.last.record
    if meets(got, argument):
        session.right += 1
        return f"right ({session.score()})"
    session.wrong += 1
    return f"wrong: {got['id'] or got['outcome']} ({session.score()})"


async def help_(session: Session, argument: str) -> str:
    """What there is."""
    width = max(len(command.usage) for command in COMMANDS)
    lines = [f"{command.usage:{width}}  {command.help}" for command in COMMANDS]
    return "\n".join([*lines, "A number picks a choice. //text says a text that begins with a /."])


async def stop(session: Session, argument: str) -> str:
    """Never called: the loop ends before."""
    raise AssertionError


STOP = "stop"
COMMANDS = (
    Command("why", "", "why the last answer came: nearest examples, entities, gate, rule", why),
    Command("top", "[N]", "the N likeliest intents, 5 unless told", top),
    Command("source", "", "where the last answer comes from", source),
    Command("as", "web|sms", "answer as on that channel from now on", as_channel, lambda: CHANNELS),
    Command("slots", "", "what Otto remembers of the conversation", slots),
    Command("set", "SLOT VALUE", "change that; VALUE is a text or JSON", set_slot),
    Command("back", "", "take back the last turn", back),
    Command("restart", "", "begin a new conversation", restart),
    Command("save", "FILE", "keep the conversation in a text file", save),
    Command("load", "FILE", "say the lines of such a file again, in a new conversation", load),
    Command(
        "flag",
        "wrong|unclear|unsafe [NOTE]",
        "mark the last answer for review",
        flag,
        lambda: flags.VERDICTS,
    ),
    Command(
        "expect",
        "TOPIC",
        "say which topic or outcome was right; counted until the end",
        expect,
        lambda: (*topics(), *OUTCOMES),
    ),
    Command("help", "", "this list", help_),
    Command(STOP, "", "end, as does Ctrl-D", stop),
)
BY_NAME = {command.name: command for command in COMMANDS}
