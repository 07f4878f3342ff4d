"""Calls of the action server.

- For every action Rasa checks the schema of what actions answer, besides the answer
  (rasa/core/actions/action.py, `_validate_action_result`), which takes longer than the action.
- For every action it connects anew (rasa/utils/endpoints.py, `EndpointConfig.request`).
- For every action it makes all those that Rasa has of its own (rasa/core/actions/action.py,
  `action_for_name_or_text`), which keep nothing.
- For every event of an answer it looks through all classes of events
  (rasa/shared/core/events.py, `resolve_by_type`).
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

import aiohttp
import rasa.core.actions.action
from jsonschema.validators import validator_for
from rasa.core.actions.action import Action, RemoteAction
from rasa.core.constants import DEFAULT_REQUEST_TIMEOUT
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

from bot.json_text import dumps

# Shorter than the action server keeps a connection that is not in use (Sanic: 5 seconds).
KEPT_SECONDS = 3

_rasas_check = RemoteAction._validate_action_result
_rasas_session = EndpointConfig.session
_rasas_request = EndpointConfig.request
_rasas_resolve = Event.resolve_by_type
_rasas_defaults = rasa.core.actions.action.default_actions


def install() -> None:
    """Actions called from now on are called the shorter way."""
    RemoteAction._validate_action_result = _check
    EndpointConfig.session = _session
    EndpointConfig.request = _request
    Event.resolve_by_type = staticmethod(_resolve)
    rasa.core.actions.action.default_actions = _defaults


class Connections(aiohttp.TCPConnector):
    """Kept connections, which end with the process like any other of its own."""

    def __del__(self, _warnings: Any = None) -> None:
        """Close them without a warning that nobody did."""
        self._close()


def _session(endpoint: EndpointConfig) -> aiohttp.ClientSession:
    """As Rasa's, but for the connections, which the next session uses again."""
    if endpoint.cafile:
        # Rasa's request has a TLS context of its own each time, for which no connection is kept.
        session: aiohttp.ClientSession = _rasas_session(endpoint)
        return session
    loop = asyncio.get_running_loop()
    of, kept = getattr(endpoint, "otto_connections", (None, None))
    if of is not loop:
        # With a limit a call whose turn was given up may keep all later ones waiting for good
        # (https://github.com/aio-libs/aiohttp/issues/9670).
        kept = Connections(limit=0, keepalive_timeout=KEPT_SECONDS)
        endpoint.otto_connections = loop, kept
    login = endpoint.basic_auth
    return aiohttp.ClientSession(
        headers=endpoint.headers,
        auth=aiohttp.BasicAuth(login["username"], login["password"]) if login else None,
        timeout=aiohttp.ClientTimeout(total=DEFAULT_REQUEST_TIMEOUT),
        connector=kept,
        json_serialize=dumps,
        connector_owner=False,
    )


async def _request(endpoint: EndpointConfig, *arguments: Any, **options: Any) -> Any:
    try:
        return await _rasas_request(endpoint, *arguments, **options)
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        is_action = "next_action" in (options.get("json") or ())
        if isinstance(error, aiohttp.ClientConnectorError) or not is_action:
            raise
        # A kept connection may end the moment that it is used. Actions change nothing but what
        # they answer, so to call one twice does no harm.
        return await _rasas_request(endpoint, *arguments, **options)


def _defaults(endpoint: EndpointConfig | None = None) -> list[Action]:
    if endpoint is None:
        return list(_rasas_defaults())
    kept: list[Action] | None = getattr(endpoint, "otto_defaults", None)
    if kept is None:
        kept = endpoint.otto_defaults = _rasas_defaults(endpoint)
    return kept


def _resolve(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
    return _event_types().get(type_name) or _rasas_resolve(type_name, default)


@cache
def _event_types() -> dict[str, type[Event]]:
    # Rasa takes the first of a name.
    return {kind.type_name: kind for kind in reversed(all_subclasses(Event))}


def _check(action: RemoteAction, result: dict[str, Any]) -> bool:
    """Whether the answer fits; where it does not, Rasa's own check raises and says why."""
    fits = _is_plain(result) or _validator().is_valid(result)
    return bool(fits or _rasas_check(action, result))


def _is_plain(result: Any) -> bool:
    """Whether an answer fits at first sight: nothing in it but slots and what has no parts."""
    if not isinstance(result, dict):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(each, dict) for each in (*events, *responses))
        and all(
            str(event.get("event")) in _whole()
            or (
                event.get("event") == "slot"
                and isinstance(event.get("name"), str)
                and "value" in event
            )
            for event in events
        )
    )


@cache
def _whole() -> frozenset[str]:
    """The events of which the schema asks no more than their name."""
    kinds = RemoteAction.action_response_format_spec()["properties"]["events"]["items"]["oneOf"]
    return frozenset(
        kind["properties"]["event"]["const"] for kind in kinds if len(kind["properties"]) == 1
    )


@cache
def _validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)
