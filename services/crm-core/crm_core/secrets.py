"""The installation's secret, for routes: what is sealed or hashed is so with keys derived from it."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr


async def _data_key(request: Request) -> SecretStr:
    key: SecretStr = request.app.state.settings.data_key
    return key


DataKey = Annotated[SecretStr, Depends(_data_key)]
