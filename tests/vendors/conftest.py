"""What holds for every vendor's tests of parity."""

from collections.abc import Iterator

import pytest

from tests.vendors import parity


@pytest.fixture(scope="module", autouse=True)
def every_projection_is_compared(request: pytest.FixtureRequest) -> Iterator[None]:
    """A module that compares answers compares one of each document that it has a projection for."""
    projections = getattr(request.module, "PROJECTIONS", None)
    if projections is None:
        yield
        return
    parity.compared.clear()
    yield
    if parity.compared:
        assert {name for _, name in parity.compared} == set(projections)
