"""Otto in one process: Rasa's agent with the custom actions run beside it, without servers."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import rasa.core.agent
from rasa.core.agent import Agent
from rasa.core.utils import AvailableEndpoints
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa.utils.log_utils import configure_structlog
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot import shortcuts
from bot.errors import OttoError
from bot.lock import PromptLockStore
from bot.model_file import verify


class AgentError(OttoError):
    """The model could not be loaded."""


class LocalActions(EndpointConfig):
    """An action endpoint that calls the actions directly instead of over HTTP."""

    def __init__(self) -> None:
        """Import the actions package."""
        # As in endpoints.yml, no action is sent the domain.
        super().__init__(url="http://actions.invalid", enable_selective_domain=True)
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
        ModelError: it is not the file that was trained.
        AgentError: Rasa could not load it.
    """
    verify(model)
    # Unless told, Rasa prints what visitors say, and its state at every step.
    configure_structlog(logging.ERROR)
    shortcuts.install()
    endpoints = AvailableEndpoints(
        nlg=EndpointConfig(type="bot.nlg.ResponseGenerator"),
        action=LocalActions(),
        # Its conversations are in memory, so their lock is this process's too.
        lock_store=PromptLockStore(),
    )
    agent: Agent = await rasa.core.agent.load_agent(str(model), endpoints=endpoints)
    # Rasa prints why and goes on with an agent that answers nothing.
    if not agent.is_ready():
        raise AgentError(
            f"{model.name} could not be loaded; the message above says why. If a file in data/ is "
            "wrong, mend it; else delete the model and run `otto train`"
        )
    return agent
