"""Takes our keys out of what servers say: some repeat the key that they refuse."""

from dataclasses import dataclass

from tasks.engines.calls import Asker, CallFailed
from tasks.engines.context import EngineError
from tasks.engines.reply import Reply
from tasks.schema import Endpoint, Request
from tasks.secret import hide, is_secret
from tasks.suite import Sampling


@dataclass(frozen=True, slots=True)
class Discreet:
    """An asker whose errors hold no key, nor do the errors that they came from."""

    asker: Asker
    endpoint: Endpoint

    @property
    def thinks(self) -> bool:
        """As the asker says."""
        return self.asker.thinks

    async def ask(self, request: Request, sampling: Sampling) -> Reply:
        """One attempt, as the asker makes it."""
        try:
            return await self.asker.ask(request, sampling)
        except (CallFailed, EngineError) as error:
            headers = self.endpoint.headers.items()
            secrets = [self.endpoint.api_key, *(value for name, value in headers if is_secret(name))]
            error.args = (hide(str(error), secrets),)
            raise error from None
