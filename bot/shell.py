"""`otto shell`: talk with Otto in the terminal, and look into what it does."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Iterable
from difflib import get_close_matches
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from rasa.core.agent import Agent

from bot import settings
from bot.answers import load_sources, topics
from bot.channels.render import as_sms, as_terminal, with_sources
from bot.conversation import Conversation
from bot.errors import OttoError
from bot.explain import Turn, summary
from bot.paths import STATE
from bot.shell_commands import BY_NAME, COMMANDS, STOP, CommandError, Session, is_command

PROMPT = "You: "
HISTORY = STATE / "shell_history"


class Shell:
    """Reads lines, answers them, and runs the commands among them."""

    def __init__(self, agent: Agent, channel: str) -> None:
        """Begin a session; `channel` is whose answers to give."""
        self.session = Session(Conversation(agent, channel), self._replay)

    async def talk(self, lines: AsyncIterator[str]) -> None:
        """Answer each line until there are no more, or one of them says to stop."""
        async for line in lines:
            if line.strip() == f"/{STOP}":
                break
            await self.take(line)
        if self.session.right + self.session.wrong:
            print(self.session.score(), flush=True)

    async def take(self, line: str) -> None:
        """Answer one line. What goes wrong is told in a line, and the session goes on."""
        try:
            if is_command(line):
                print(dim(await self._run(line)), end="\n\n", flush=True)
            else:
                await self._say(line)
        except OttoError as error:
            print(f"otto: {error}\n", flush=True)
        except Exception as error:
            print(f"otto: that failed ({type(error).__name__}: {error})\n", flush=True)

    async def _say(self, line: str) -> None:
        text = line[1:] if line.startswith("//") else line
        turn = await self.session.conversation.say(text)
        said = "\n\n".join(f"Otto: {shown(message, turn.channel)}" for message in turn.messages)
        self.session.script.append((line, f"{said}\n"))
        print(said)
        print(dim(summary(turn, by_sms(turn), load_sources())), end="\n\n", flush=True)

    async def _run(self, line: str) -> str:
        name, _, argument = line[1:].strip().partition(" ")
        if name not in BY_NAME:
            near = get_close_matches(name, BY_NAME, 1)
            hint = f"did you mean /{near[0]}? " if near else ""
            raise CommandError(f"there is no command /{name}; {hint}/help lists them")
        return await BY_NAME[name].run(self.session, argument.strip())

    async def _replay(self, line: str) -> None:
        print(f"{PROMPT}{line}")
        await self.take(line)


def shown(message: dict[str, object], channel: str) -> str:
    """A message as its channel shows it."""
    return as_sms(message) if channel == "sms" else as_terminal(message)


def by_sms(turn: Turn) -> list[str] | None:
    """What the turn would send by text message, or None where only the phone would tell."""
    if turn.channel == "sms":
        return [as_sms(message) for message in turn.messages]
    topic = topics().get(turn.record["id"] or "")
    if topic is None or len(turn.messages) > 1 or "also" in turn.parsed:
        return None
    text = topic.sms.replace("{clinic_contact}", settings.load().clinic.contact())
    documents = load_sources()
    return [with_sources(text, [documents[c.id] for c in topic.citations])]


def dim(text: str) -> str:
    """The text in faint letters, where a terminal shows them (no-color.org)."""
    return f"\x1b[2m{text}\x1b[0m" if coloured(sys.stdout) else text


def coloured(stream: TextIO) -> bool:
    """Whether what is written there may have colours."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


class Suggestions(Completer):
    """Completes commands, and what they take."""

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Called by prompt_toolkit."""
        name, space, argument = document.text_before_cursor.partition(" ")
        if not name.startswith("/"):
            return
        if not space:
            for command in COMMANDS:
                if f"/{command.name}".startswith(name):
                    words = f"/{command.name}"
                    yield Completion(words, -len(name), display_meta=command.help)
        elif name[1:] in BY_NAME:
            for value in BY_NAME[name[1:]].values():
                if value.startswith(argument):
                    yield Completion(value, -len(argument))


async def typed(completer: Completer | None = None) -> AsyncIterator[str]:
    """The lines a person types, completed on Tab, or a file's, until its end."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            print(f"{PROMPT}{line.rstrip()}", flush=True)
            yield line.rstrip()
        return
    prompt: PromptSession[str] = PromptSession(
        PROMPT, history=_history(), completer=completer, complete_while_typing=False
    )
    while True:
        try:
            yield await prompt.prompt_async()
        except KeyboardInterrupt:
            print("Ctrl-D or /stop ends.")
        except EOFError:
            return


def _history() -> History:
    """What was typed in earlier sessions, in a file that only its owner may read."""
    try:
        STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
        HISTORY.touch(mode=0o600)
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(HISTORY))
