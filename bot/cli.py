"""The `otto` command."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from bot import no_tensorflow
from bot.errors import OttoError
from bot.quiet import quiet

if TYPE_CHECKING:
    from rasa.core.agent import Agent

    from bot.evaluation import Case, Report
    from bot.settings import Settings

T = TypeVar("T")

# Exit codes: 1 = what was asked found something wrong, 2 = it could not be done.
WRONG, IMPOSSIBLE = 1, 2
EXIT_CODES = "exit codes: 0 all is well; 1 something is wrong; 2 it could not be done"


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

    def add(name: str, command: Any, help_: str, *examples: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name,
            help=help_,
            description=f"{help_[0].upper()}{help_[1:]}.",
            epilog="\n".join([*(f"example: {example}" for example in examples), EXIT_CODES]),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(command=command)
        return sub

    run_ = add(
        "run", run, "start Otto's servers, training first if needed", "OTTO_PORT=8080 otto run"
    )
    run_.add_argument(
        "--only", choices=("actions", "rasa"), help="start one of them; the other is elsewhere"
    )
    cluster_ = add(
        "cluster",
        cluster,
        "start several replicas on this machine, with all that they share and a front",
        "otto cluster --replicas 3",
    )
    cluster_.add_argument(
        "--replicas", type=_count, default=2, metavar="N", help="Rasa servers (default: 2)"
    )
    cluster_.add_argument(
        "--actions", type=_count, default=2, metavar="N", help="action servers (default: 2)"
    )
    add("train", train, "train a model from the files as they are", "otto train")
    add("doctor", doctor, "check that Otto can work here, and say what to do", "otto doctor")
    new_ = add("new", new, "begin a new topic: a file to fill in", "otto new parking_fees")
    new_.add_argument("topic", help="its name: small letters, digits and _, such as parking_fees")
    shell_ = add(
        "shell",
        shell,
        "talk with Otto in the terminal",
        "otto shell --channel sms",
        "otto shell < questions.txt",
    )
    add("sms", sms, "text with Otto as a phone would, in the terminal", "otto sms")
    add("check", check, "check every answer, and that its question is understood", "otto check")
    ask_ = add(
        "ask",
        ask,
        "ask questions, each in a conversation of its own",
        'otto ask "how long is a session" --json',
        "otto ask --file questions.csv --html page.html",
        "otto ask --file questions.txt --json --against earlier.jsonl",
    )
    ask_.add_argument("question", nargs="*", help="what to ask")
    ask_.add_argument(
        "--file", type=Path, help="questions: text with one a line, or .csv or .jsonl with `expect`"
    )
    ask_.add_argument("--json", action="store_true", help="print one JSON record a line")
    ask_.add_argument(
        "--against", type=Path, metavar="FILE", help="compare with these records, not the last run"
    )
    ask_.add_argument("--html", type=Path, metavar="FILE", help="write a page of what --file found")
    evaluate_ = add(
        "evaluate",
        evaluate,
        "measure how well Otto understands the cases of a file or folder",
        "otto evaluate tests/cases",
        "otto evaluate tests/cases/questions.jsonl --html page.html",
    )
    evaluate_.add_argument("path", type=Path, help="a .jsonl file of cases, or a folder of them")
    evaluate_.add_argument("--json", action="store_true", help="print the numbers as JSON")
    evaluate_.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures")
    purge_ = add(
        "purge",
        purge,
        "delete what visitors said longer ago than a time",
        "otto purge --older-than 30d",
    )
    purge_.add_argument(
        "--older-than", required=True, metavar="AGE", help="days or hours, such as 30d or 12h"
    )
    review_ = add(
        "review",
        review,
        "show what visitors asked and Otto did not answer well",
        "otto review --since 7d --html page.html",
        "otto review --accept",
    )
    review_.add_argument("--html", type=Path, metavar="FILE", help="write a page besides")
    review_.add_argument(
        "--accept", action="store_true", help="add questions to topics, one group after the other"
    )
    report_ = add(
        "report",
        report,
        "count what visitors did: topics, outcomes, feedback, where they left",
        "otto report --since 30d --html page.html",
        "otto report --json",
    )
    report_.add_argument("--html", type=Path, metavar="FILE", help="write a page with charts")
    report_.add_argument("--csv", type=Path, metavar="FILE", help="write the numbers as CSV")
    report_.add_argument("--json", action="store_true", help="print the numbers as JSON")
    for sub in (review_, report_):
        sub.add_argument(
            "--since",
            default="30d",
            metavar="AGE",
            help="how far to look back, in days or hours such as 30d or 12h (default: 30d)",
        )
    for sub in (shell_, ask_):
        sub.add_argument(
            "--channel",
            choices=("web", "sms"),
            default="web",
            help="whose answers to give (default: web)",
        )
    return top


def _count(text: str) -> int:
    """A number of servers."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 32):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 32")
    return int(text)


def train(options: argparse.Namespace) -> int:
    """`otto train`."""
    from bot import data_files
    from bot.model_file import ModelError, verify
    from bot.training import model_path
    from bot.training import train as train_now

    try:
        verify(model_path())
    except ModelError:
        data_files.check()
        _trained(train_now)
    else:
        print(f"Up to date: {model_path().name}")
    return 0


def run(options: argparse.Namespace) -> int:
    """`otto run`."""
    from bot import data_files, settings, supervisor

    known = settings.load()
    if options.only == "actions":
        data_files.check()
        supervisor.run_actions(known)
    else:
        supervisor.run(known, _model_to_run(known), alone=options.only == "rasa")
    return 0


def cluster(options: argparse.Namespace) -> int:
    """`otto cluster`."""
    from bot import cluster as cluster_
    from bot import settings

    known = settings.load()
    cluster_.run(known, _model_to_run(known), options.replicas, options.actions)
    return 0


def shell(options: argparse.Namespace) -> int:
    """`otto shell`."""
    started = time.monotonic()
    print("Loading Otto.", file=sys.stderr, flush=True)

    async def talk(agent: Agent) -> None:
        from bot.shell import Shell, Suggestions, typed
        from bot.training import model_path

        ready = f"Ready after {time.monotonic() - started:.0f} s with {model_path().name}."
        print(f"{ready} /help lists the commands; Ctrl-D ends.\n", file=sys.stderr, flush=True)
        await Shell(agent, options.channel).talk(typed(Suggestions()))

    _with_agent(talk)
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
    from bot.evaluation import asked
    from bot.question_file import read

    if bool(options.question) == (options.file is not None):
        print("otto: give one question, or --file with one question a line", file=sys.stderr)
        return IMPOSSIBLE
    if options.file is None and (options.against or options.html):
        print("otto: --against and --html need --file", file=sys.stderr)
        return IMPOSSIBLE
    if options.file:
        return _ask_file(options, read(options.file))
    question = " ".join(options.question)
    if not question.strip():
        print("otto: the question is empty; it was left out", file=sys.stderr)
        return WRONG
    _with_agent(lambda agent: _answered(agent, [asked(question, "")], options))
    return 0


def _ask_file(options: argparse.Namespace, questions: list[tuple[int, Case]]) -> int:
    from bot import regression, report
    from bot.evaluation import ASKED

    before = []
    last = options.against or regression.beside(options.file)
    if options.against or last.exists():
        before = regression.load(last)
    cases = [case for _, case in questions if case.text.strip()]
    for number in (number for number, case in questions if not case.text.strip()):
        print(f"otto: line {number} is empty; it was left out", file=sys.stderr)
    counted = _with_agent(lambda agent: _answered(agent, cases, options))
    records = [record for _, record in counted.results]
    changed = regression.changes(before, records)
    # Where the records are the output, the summary must not be among them.
    out = sys.stderr if options.json else sys.stdout
    print(counted.miss_lines(), end="", file=out)
    for change in changed:
        print(f"changed: {change.text}\n    was {change.was}\n    is {change.now}", file=out)
    if set(counted.groups) - {ASKED}:
        print(f"\n{counted.table()}", file=out)
    if before:
        print(f"{len(changed)} of {len(records)} changed since {last}", file=out)
    if options.html:
        report.write(options.html, counted, changed)
    if not options.against:
        regression.keep(last, records)
    return WRONG if counted.misses or len(cases) < len(questions) else 0


async def _answered(agent: Agent, cases: list[Case], options: argparse.Namespace) -> Report:
    """Ask, and print each answer as it comes."""
    from bot.ask import ask as ask_one
    from bot.evaluation import Report

    counted = Report()
    # In a terminal, the answers themselves show how far it is.
    for case in _progress(cases, not sys.stdout.isatty()):
        record = await ask_one(agent, case.text, options.channel)
        counted.add(case, record)
        print(json.dumps(record, ensure_ascii=False) if options.json else _told(record), flush=True)
    return counted


def _told(record: dict[str, Any]) -> str:
    from bot.channels.render import plain

    lines = [record["text"], plain(record["answer"])]
    lines += [f"  {i}. {choice['title']}" for i, choice in enumerate(record["choices"], 1)]
    lines += [f"  [{source['id']}: {source['section']}]" for source in record["sources"]]
    what = f"{record['outcome']}, {record['id'] or record['intent']}"
    return "\n".join([*lines, f"  ({what}, {record['confidence']:.2f}, {record['ms']} ms)\n"])


def _progress(items: Iterable[T], wanted: bool = True) -> Iterable[T]:
    """The items, with a bar on a terminal's standard error that shows how far it is."""
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(items, disable=None if wanted else True, leave=False)
    return bar


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
    print(counted.miss_lines(), end="")
    print(f"\n{counted.topic_table()}\n" if counted.topics else "")
    print(counted.table())
    return 0


async def _evaluated(agent: Agent, cases: list[Case]) -> Report:
    from bot.ask import ask as ask_one
    from bot.evaluation import report

    return report([(case, await ask_one(agent, case.text, "web")) for case in _progress(cases)])


def purge(options: argparse.Namespace) -> int:
    """`otto purge`."""
    from bot import retention
    from bot.age import age

    messages, turns = retention.purge(age(options.older_than))
    print(
        f"Deleted what is older than {options.older_than}: {messages} messages of the website's "
        f"chat and {turns} turns of conversations."
    )
    return 0


def review(options: argparse.Namespace) -> int:
    """`otto review`."""
    from bot import kept, page, review_page
    from bot import review as review_
    from bot.age import age
    from bot.flags import FLAGS
    from bot.flags import load as flagged
    from bot.review_loop import accept

    now = time.time()
    since = now - age(options.since)
    found = [
        *review_.from_turns(kept.turns(since)),
        *review_.from_votes(kept.votes(since)),
        *review_.from_flags(flagged(FLAGS), since),
    ]
    groups = review_.grouped(found, now)
    if options.html:
        page.write(options.html, review_page.page(groups), private=True)
    if not options.accept:
        print(review_page.text(groups))
    elif accept(groups):
        return _learn()
    return 0


def _learn() -> int:
    """Offer to train and to measure, after examples were added."""
    from bot.baseline import compare
    from bot.evaluation import load_cases
    from bot.review_loop import CASES, agrees

    if not agrees("Train now? It takes about a minute."):
        print("Next: `otto train`, then `otto evaluate tests/cases`.")
        return 0
    measured = agrees("Measure Otto then, too? That takes two or three minutes.")
    train(argparse.Namespace())
    if measured:
        cases = load_cases(CASES)
        print(compare(_with_agent(lambda agent: _evaluated(agent, cases))))
        print("`make baseline` keeps these figures, if they are as you want them.")
    return 0


def report(options: argparse.Namespace) -> int:
    """`otto report`."""
    from bot import kept, page, usage_page
    from bot.age import age
    from bot.usage import count

    until = time.time()
    since = until - age(options.since)
    counted = count(kept.turns(since), kept.votes(since), since, until)
    if options.html:
        page.write(options.html, usage_page.page(counted))
    if options.csv:
        page.write(options.csv, usage_page.as_csv(counted))
    if options.json:
        print(json.dumps(usage_page.as_json(counted), ensure_ascii=False))
    else:
        print(usage_page.text(counted))
    return 0


def check(options: argparse.Namespace) -> int:
    """`otto check`."""
    from bot.answers import load_sources, topics
    from bot.check import broken, problems, response_problems
    from bot.next_steps import next_step, place
    from bot.paths import TOPICS
    from bot.sms_lint import responses

    if found := broken(TOPICS):
        count = len(list(TOPICS.glob("*.yml")))
    else:
        count = len(topics())
        found = problems(topics(), load_sources()) + response_problems(responses())
        found = found or _with_agent(_misunderstood)
    for problem in found:
        print(problem)
        where = place(problem)
        print(f"    Next{f', in {where}' if where else ''}: {next_step(problem)}")
    print(f"{count} topics checked, {len(found)} problems")
    return WRONG if found else 0


def doctor(options: argparse.Namespace) -> int:
    """`otto doctor`."""
    from bot import doctor as doctor_

    levels = []
    for found in doctor_.examine():
        print(f"{found.level:5}  {found.name}: {found.words}", flush=True)
        levels.append(found.level)
    return WRONG if doctor_.WRONG in levels else 0


def new(options: argparse.Namespace) -> int:
    """`otto new`."""
    from bot.new_topic import create
    from bot.paths import TOPICS

    path = create(options.topic, TOPICS)
    print(f"{path} is ready to be filled in.")
    print("Next: replace every TO WRITE in it. `otto check` says what is missing then.")
    print("docs/content.md says what makes a good answer.")
    return 0


async def _misunderstood(agent: Agent) -> list[str]:
    from actions.conversation import CANONICAL
    from bot.answers import INTENT, topics
    from bot.ask import ask as ask_one

    expected = {topic.question: f"{INTENT}/{topic.id}" for topic in topics().values()}
    expected |= {text: name for name, text in CANONICAL.items()}
    found = []
    for text, name in _progress(list(expected.items())):
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


def _model_to_run(settings: Settings) -> Path:
    """The model of the settings, or that of the files as they are."""
    from bot import data_files
    from bot.training import train as train_now

    if settings.model is None:
        return _model(train_now)
    data_files.check()
    return settings.model


def _model(train_now: Any) -> Path:
    from bot import data_files
    from bot.training import model_path

    data_files.check()
    if model_path().exists():
        return model_path()
    return _trained(train_now)


def _trained(train_now: Any) -> Path:
    print("Training a model; this takes up to a minute.", file=sys.stderr, flush=True)
    started = time.monotonic()
    model: Path = train_now()
    print(f"Trained in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)
    return model


if __name__ == "__main__":
    sys.exit(main())
