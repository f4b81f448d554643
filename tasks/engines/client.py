"""Opens what a served model is asked through: one client, over the transport that the suite names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tasks.engines.calls import Asker
from tasks.engines.discreet import Discreet
from tasks.engines.survive import Surviving
from tasks.schema import Endpoint
from tasks.suite import Transport


@asynccontextmanager
async def open_client(
    served: Endpoint | Asker, transport: Transport, *, timeout_s: float, connections: int
) -> AsyncIterator[Asker]:
    """A client for an endpoint, with its connections; what can be asked as it is, is yielded as it is."""
    if not isinstance(served, Endpoint):
        yield served
    elif transport == "openai":
        from tasks.engines.chat import open_chat

        async with open_chat(served, timeout_s=timeout_s, connections=connections) as chat:
            yield _surviving(chat, served)
    else:
        from tasks.engines.lean import open_lean

        async with open_lean(served, timeout_s=timeout_s, connections=connections) as lean:
            yield _surviving(lean, served)


def _surviving(asker: Asker, endpoint: Endpoint) -> Asker:
    """Behind a server of ours, which may die and be started again; any other may repeat our key in its errors."""
    return Discreet(asker, endpoint) if endpoint.server is None else Surviving(asker, endpoint.server)
