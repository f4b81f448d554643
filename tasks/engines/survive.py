"""Asks a server of ours that may die under a request: who was not answered is asked again once it is up."""

from dataclasses import dataclass

from tasks.engines.calls import Asker, CallFailed
from tasks.engines.reply import Reply
from tasks.schema import Lifeline, Request
from tasks.suite import Sampling


@dataclass(frozen=True, slots=True)
class Surviving:
    """An asker behind a server that is started again when it dies. A death is no attempt of the request's."""

    asker: Asker
    server: Lifeline

    @property
    def thinks(self) -> bool:
        """As the asker says."""
        return self.asker.thinks

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """One attempt in one life of the server. EngineError when it has died for good."""
        while True:
            life = await self.server.ready()
            try:
                return await self.asker.ask(request, sampling)
            except CallFailed as failed:
                if not failed.retry or failed.busy or not await self.server.fell(life):
                    raise
