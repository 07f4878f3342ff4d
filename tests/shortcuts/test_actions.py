"""What an action answers is checked, and asked for, as Rasa does it, only sooner."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import rasa.core.actions.action as rasas
from aiohttp import web
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot import shortcuts
from bot.shortcuts import actions


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> RemoteAction:
    monkeypatch.setattr(
        RemoteAction, "_validate_action_result", RemoteAction._validate_action_result
    )
    shortcuts.install()
    return RemoteAction("action_find_location", None)


def test_an_answer_in_rasas_form_is_taken(action: RemoteAction) -> None:
    events = [
        {"event": "slot", "name": "city", "value": "Tampa", "timestamp": None},
        {"event": "followup", "name": "action_listen"},
        {"event": "action", "name": "action_listen", "policy": None, "confidence": 1.0},
    ]
    assert action._validate_action_result({"events": events, "responses": [{"text": "Yes."}]})


@pytest.mark.parametrize(
    "answer",
    [
        {"events": "none"},
        {"events": [{"event": 1}]},
        {"events": [{"event": ["slot"]}]},
        {"events": [{"event": "slot", "name": "city"}]},
        {"events": [{"event": "slot", "name": 1, "value": 1}]},
        {"events": [{"event": "no such"}]},
        {"events": ["restart"]},
        {"responses": "none"},
        {"responses": ["none"]},
        [],
    ],
)
def test_any_other_is_refused_in_rasas_words(action: RemoteAction, answer: Any) -> None:
    with pytest.raises(ValidationError, match="Failed to validate Action server response"):
        action._validate_action_result(answer)


def test_rasas_schema_is_not_checked_anew(
    action: RemoteAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("jsonschema.validate")
    assert action._validate_action_result({"events": [], "responses": []})


@pytest.mark.parametrize("kind", all_subclasses(Event))
def test_an_event_is_what_rasa_makes_of_its_name(action: RemoteAction, kind: type[Event]) -> None:
    assert Event.resolve_by_type(kind.type_name) is actions._rasas_resolve(kind.type_name)


def test_an_event_without_a_class_is_refused_in_rasas_words(action: RemoteAction) -> None:
    with pytest.raises(ValueError, match="Unknown event name"):
        Event.resolve_by_type("no such")


def test_rasas_own_actions_are_made_once(action: RemoteAction) -> None:
    endpoint = EndpointConfig("http://nowhere")
    kept, by_rasa = rasas.default_actions(endpoint), actions._rasas_defaults(endpoint)
    assert [(type(each), vars(each)) for each in kept] == [
        (type(each), vars(each)) for each in by_rasa
    ]
    assert list(map(id, rasas.default_actions(endpoint))) == list(map(id, kept))


def test_each_server_has_actions_of_its_own(action: RemoteAction) -> None:
    one, other = (
        [vars(each) for each in rasas.default_actions(EndpointConfig(url)) if vars(each)]
        for url in ("http://one", "http://other")
    )
    assert one != other


CALL = {"next_action": "action_find_location"}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def served(handler: Handler, talk: Callable[[EndpointConfig], Awaitable[Any]]) -> Any:
    """What comes of talking to an endpoint that a server answers with `handler`."""
    app = web.Application()
    app.router.add_post("/webhook", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        (host, port) = runner.addresses[0]
        return await talk(EndpointConfig(f"http://{host}:{port}/webhook"))
    finally:
        await runner.cleanup()


def test_calls_after_one_another_share_a_connection(action: RemoteAction) -> None:
    from_ports = []

    async def handler(request: web.Request) -> web.Response:
        from_ports.append(request.transport.get_extra_info("peername")[1])
        return web.json_response({"events": []})

    async def talk(endpoint: EndpointConfig) -> list[Any]:
        return [await endpoint.request(json={}) for _ in range(3)]

    assert asyncio.run(served(handler, talk)) == [{"events": []}] * 3
    assert len(set(from_ports)) == 1


def test_a_call_is_made_again_where_its_connection_ends(action: RemoteAction) -> None:
    calls = []

    async def handler(request: web.Request) -> web.Response:
        calls.append(request)
        if len(calls) == 2:
            request.transport.close()
        return web.json_response({"call": len(calls)})

    async def talk(endpoint: EndpointConfig) -> list[Any]:
        return [await endpoint.request(json=CALL) for _ in range(2)]

    assert asyncio.run(served(handler, talk)) == [{"call": 1}, {"call": 3}]


def test_a_call_whose_connection_ends_again_has_failed(action: RemoteAction) -> None:
    async def handler(request: web.Request) -> web.Response:
        request.transport.close()
        return web.json_response({})

    with pytest.raises(aiohttp.ServerDisconnectedError):
        asyncio.run(served(handler, lambda endpoint: endpoint.request(json=CALL)))


def test_what_is_no_call_of_an_action_is_not_sent_again(action: RemoteAction) -> None:
    calls = []

    async def handler(request: web.Request) -> web.Response:
        calls.append(request)
        request.transport.close()
        return web.json_response({})

    with pytest.raises(aiohttp.ServerDisconnectedError):
        asyncio.run(served(handler, lambda endpoint: endpoint.request(json={"text": "hello"})))
    assert len(calls) == 1


def test_a_server_that_is_not_there_is_asked_once(
    action: RemoteAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    async def request(endpoint: EndpointConfig, **options: Any) -> Any:
        asked.append(endpoint)
        return await original(endpoint, **options)

    original = actions._rasas_request
    monkeypatch.setattr(actions, "_rasas_request", request)
    with pytest.raises(aiohttp.ClientConnectorError):
        asyncio.run(EndpointConfig("http://127.0.0.1:9/webhook").request(json=CALL))
    assert len(asked) == 1


def test_what_a_server_refuses_is_raised_as_by_rasa(action: RemoteAction) -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"error": "no such action"}, status=404)

    with pytest.raises(ClientResponseError, match="404"):
        asyncio.run(served(handler, lambda endpoint: endpoint.request(json={})))


def test_each_event_loop_has_connections_of_its_own(action: RemoteAction) -> None:
    endpoint = EndpointConfig("http://127.0.0.1:9/webhook")

    async def connector() -> Any:
        return endpoint.session().connector

    first, second = asyncio.run(connector()), asyncio.run(connector())
    assert first is not second


def test_no_call_waits_for_another(action: RemoteAction) -> None:
    endpoint = EndpointConfig("http://127.0.0.1:9/webhook")

    async def limit() -> int:
        return endpoint.session().connector.limit

    assert asyncio.run(limit()) == 0


def test_with_a_certificate_of_its_own_a_server_is_called_as_by_rasa(action: RemoteAction) -> None:
    endpoint = EndpointConfig("https://127.0.0.1:9/webhook", cafile="own.pem")

    async def kept() -> bool:
        async with endpoint.session() as session:
            return isinstance(session.connector, actions.Connections)

    assert not asyncio.run(kept())
