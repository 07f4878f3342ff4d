"""The web channel against its own description: requests made up from it, also broken ones."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.channels import web, web_service
from bot.channels.limits import SharedLimit
from tests.channels.web import Agent, Client, serving

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
description = schemathesis.openapi.from_dict(web.openapi())


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTTO_SECRET", "s" * 32)
        patch.setenv("OTTO_DATABASE", f"sqlite:///{tmp_path_factory.mktemp('contract') / 'web.db'}")
        patch.setattr(web_service, "SharedLimit", lambda *_: SharedLimit(None, "", 10_000, 1))
        with serving("test-contract", web.WebChannel) as (app, port):
            app.ctx.agent = Agent("An answer.")
            yield port


@description.parametrize()
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_answer_is_as_described(case: schemathesis.Case, port: int) -> None:
    token = Client(port).begin().token
    answer = case.call(
        base_url=f"http://127.0.0.1:{port}/webhooks/web",
        headers={"Authorization": f"Bearer {token}"},
    )
    case.validate_response(answer, checks=CHECKS)
