"""The `otto` command."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import no_tensorflow
from bot.errors import OttoError
from bot.quiet import quiet

if TYPE_CHECKING:
    from rasa.core.agent import Agent

    from bot.evaluation import Case, Report

# Exit codes: 1 = what was asked found something wrong, 2 = it could not be done.
WRONG, IMPOSSIBLE = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; errors are one line and say what to do."""
    options = parser().parse_args(arguments)
    # An argument may hold bytes that are no text; they must not stop the answer.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    quiet()
    no_tensorflow.install()
    try:
        code: int = options.command(options)
        return code
    except OttoError as error:
        print(f"otto: {error}", file=sys.stderr)
        return IMPOSSIBLE
    except BrokenPipeError:
        return IMPOSSIBLE
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    top = argparse.ArgumentParser(prog="otto", description="Otto, the clinic's FAQ assistant.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Any, help_: str, example: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=help_,
            description=help_.capitalize() + ".",
            epilog=f"example: {example}",
        )
        sub.set_defaults(command=command)
        return sub

    add("run", run, "start Otto's servers, training first if needed", "OTTO_PORT=8080 otto run")
    add("train", train, "train a model from the files as they are", "otto train")
    shell_ = add("shell", shell, "talk with Otto in the terminal", "otto shell --channel sms")
    add("sms", sms, "text with Otto as a phone would, in the terminal", "otto sms")
    add("check", check, "check every answer, and that its question is understood", "otto check")
    ask_ = add(
        "ask",
        ask,
        "ask questions, each in a conversation of its own",
        'otto ask "how long is a session" --json',
    )
    ask_.add_argument("question", nargs="*", help="what to ask")
    ask_.add_argument("--file", type=Path, help="a text file with one question a line")
    ask_.add_argument("--json", action="store_true", help="print one JSON record a line")
    evaluate_ = add(
        "evaluate",
        evaluate,
        "measure how well Otto understands the cases of a file or folder",
        "otto evaluate tests/cases",
    )
    evaluate_.add_argument("path", type=Path, help="a .jsonl file of cases, or a folder of them")
    evaluate_.add_argument("--json", action="store_true", help="print the numbers as JSON")
    evaluate_.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures")
    for sub in (shell_, ask_):
        sub.add_argument(
            "--channel",
            choices=("web", "sms"),
            default="web",
            help="whose answers to give (default: web)",
        )
    return top


def train(options: argparse.Namespace) -> int:
    """`otto train`."""
    from bot.training import model_path
    from bot.training import train as train_now

    if model_path().exists():
        print(f"Up to date: {model_path().name}")
        return 0
    _model(train_now)
    return 0


def run(options: argparse.Namespace) -> int:
    """`otto run`."""
    from bot import settings, supervisor
    from bot.training import train as train_now

    supervisor.run(settings.load(), _model(train_now))
    return 0


def shell(options: argparse.Namespace) -> int:
    """`otto shell`."""
    from bot import shell as shell_

    print("Say something to Otto. End with /stop or Ctrl-D.\n", flush=True)
    _with_agent(lambda agent: shell_.talk(agent, shell_.typed(), options.channel))
    return 0


def sms(options: argparse.Namespace) -> int:
    """`otto sms`."""
    from bot import settings, sms_shell
    from bot.shell import typed

    answers_keywords = settings.load().sms.answers_keywords
    print(f"{sms_shell.HOW_TO}\n", flush=True)
    _with_agent(lambda agent: sms_shell.talk(agent, typed(), answers_keywords))
    return 0


def ask(options: argparse.Namespace) -> int:
    """`otto ask`."""
    from bot.ask import read_questions

    if bool(options.question) == (options.file is not None):
        print("otto: give one question, or --file with one question a line", file=sys.stderr)
        return IMPOSSIBLE
    questions = read_questions(options.file) if options.file else [" ".join(options.question)]
    code: int = _with_agent(lambda agent: _ask_all(agent, questions, options))
    return code


async def _ask_all(agent: Agent, questions: list[str], options: argparse.Namespace) -> int:
    from bot.ask import ask as ask_one
    from bot.channels.render import plain

    code = 0
    for number, question in enumerate(questions, 1):
        if not question.strip():
            where = f"line {number}" if options.file else "the question"
            print(f"otto: {where} is empty; it was left out", file=sys.stderr)
            code = WRONG
            continue
        record = await ask_one(agent, question, options.channel)
        if options.json:
            print(json.dumps(record, ensure_ascii=False), flush=True)
        else:
            print(f"{question}\n{plain(record['answer'])}", flush=True)
            for i, choice in enumerate(record["choices"], 1):
                print(f"  {i}. {choice['title']}")
            for source in record["sources"]:
                print(f"  [{source['id']}: {source['section']}]")
            print(
                f"  ({record['outcome']}, {record['id'] or record['intent']}, "
                f"{record['confidence']:.2f}, {record['ms']} ms)\n"
            )
    return code


def evaluate(options: argparse.Namespace) -> int:
    """`otto evaluate`."""
    from bot.evaluation import load_cases

    cases = load_cases(options.path)
    counted = _with_agent(lambda agent: _evaluated(agent, cases))
    if options.html:
        from bot.report import write

        write(options.html, counted)
    if options.json:
        print(
            json.dumps(
                {
                    "groups": counted.groups,
                    "topics": counted.topics,
                    "misses": [
                        {"verdict": found, "text": case.text, "group": case.group, "got": record}
                        for found, case, record in counted.misses
                    ],
                },
                ensure_ascii=False,
            )
        )
        return 0
    for found, case, record in counted.misses:
        wanted = case.expected.get("label") or case.expected.get("expect") or case.group
        got = record["location"] or record["id"] or record["intent"]
        print(f"{found}: {case.text}\n    wanted {wanted}, got {record['outcome']} {got}")
    print(f"\n{counted.topic_table()}\n" if counted.topics else "")
    print(counted.table())
    return 0


async def _evaluated(agent: Agent, cases: list[Case]) -> Report:
    from bot.ask import ask as ask_one
    from bot.evaluation import report

    return report([(case, await ask_one(agent, case.text, "web")) for case in cases])


def check(options: argparse.Namespace) -> int:
    """`otto check`."""
    from bot.answers import load_sources, topics
    from bot.check import problems, response_problems
    from bot.sms_lint import responses

    found = problems(topics(), load_sources()) + response_problems(responses())
    if not found:
        found = _with_agent(_misunderstood)
    for problem in found:
        print(problem)
    print(f"{len(topics())} topics checked, {len(found)} problems")
    return WRONG if found else 0


async def _misunderstood(agent: Agent) -> list[str]:
    from actions.conversation import CANONICAL
    from bot.answers import INTENT, topics
    from bot.ask import ask as ask_one

    expected = {topic.question: f"{INTENT}/{topic.id}" for topic in topics().values()}
    expected |= {text: name for name, text in CANONICAL.items()}
    found = []
    for text, name in expected.items():
        record = await ask_one(agent, text, "web")
        if record["intent"] != name:
            found.append(f"{name}: its question “{text}” is understood as {record['intent']}")
    return found


def _with_agent(use: Any) -> Any:
    """Load the current model, training it first if need be, and await what `use` does with it."""
    from bot import agent
    from bot.training import train as train_now

    model = _model(train_now)

    async def loaded() -> Any:
        return await use(await agent.load(model))

    return asyncio.run(loaded())


def _model(train_now: Any) -> Path:
    from bot import data_files
    from bot.training import model_path

    data_files.check()
    if model_path().exists():
        return model_path()
    print("Training a model; this takes up to a minute.", file=sys.stderr, flush=True)
    started = time.monotonic()
    model: Path = train_now()
    print(f"Trained in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)
    return model


if __name__ == "__main__":
    sys.exit(main())
