"""The peers as fixtures; one that is not installed skips its tests and says so."""

import pytest

from parity.libraries import PEERS, Chainrule, installed


@pytest.fixture(scope="session")
def ours():
    return Chainrule()


@pytest.fixture(scope="session", params=PEERS)
def peer(request):
    kind = PEERS[request.param]
    if not installed(kind):
        pytest.skip(f"{kind.name} is not installed here")
    return kind()
