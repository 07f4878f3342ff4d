"""Otto in one process: Rasa's agent with the custom actions run beside it, without servers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import rasa.core.agent
from rasa.core.agent import Agent
from rasa.core.utils import AvailableEndpoints
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException


class LocalActions(EndpointConfig):
    """An action endpoint that calls the actions directly instead of over HTTP."""

    def __init__(self) -> None:
        """Import the actions package."""
        super().__init__(url="http://actions.invalid")
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        """Run the action named in the request's JSON, as the action server would."""
        try:
            return await self._executor.run(kwargs["json"])
        except ActionExecutionRejection as error:
            body = json.dumps({"error": str(error), "action_name": error.action_name})
            raise ClientResponseError(400, "rejected", body) from error
        except ActionNotFoundException as error:
            body = json.dumps({"error": str(error), "action_name": error.action_name})
            raise ClientResponseError(404, "not found", body) from error


async def load(model: Path) -> Agent:
    """Load a trained model, ready to answer.

    Raises:
        rasa.exceptions.ModelNotFound: `model` is not a Rasa model.
    """
    endpoints = AvailableEndpoints(
        nlg=EndpointConfig(type="bot.nlg.ResponseGenerator"), action=LocalActions()
    )
    return await rasa.core.agent.load_agent(str(model), endpoints=endpoints)
