"""Odd and hostile requests made from the server's own description of itself: never a failure, always as described."""

from __future__ import annotations

from contextlib import suppress

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.web.served import HOST

HELD = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
    negative_data_rejection,
]
OWN = {"Host": HOST.removeprefix("http://")}
# Ids that are there, so that what lies behind them is asked too; any other leads to a 404.
REAL = {"study": "hostile", "run": "0001", "table": "scores"}
ORDINARY = settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def described(app, web):
    # Documents take seconds to set; what writes, jobs and variants, has tests of its own.
    # An address that is too long is refused as such, whatever else is wrong with it.
    refused = {"expected-statuses": ["4xx"]}
    config = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": refused}})
    found = schemathesis.openapi.from_asgi(
        "/api/v1/openapi.json", app, headers={"Host": HOST.removeprefix("http://")}, config=config
    )
    return found.include(method="GET").include(path_regex="/what-if$").exclude(path_regex=r"/report\.")


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_server_does_what_it_describes(described, mode):
    asked = 0
    for found in described.get_all_operations():
        operation = found.ok()

        @ORDINARY
        @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
        def holds(case, real):
            nonlocal asked
            if real:
                case.path_parameters |= {name: REAL[name] for name in case.path_parameters.keys() & REAL.keys()}
            case.call_and_validate(checks=HELD, headers=OWN)
            asked += 1

        with suppress(Unsatisfiable):  # an address that takes nothing cannot be asked wrongly
            holds()
    assert asked > 15
