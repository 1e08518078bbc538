"""`python -m crm_core.revoke`: lists the platform tokens that are valid, and revokes some of them.

python -m crm_core.revoke                                       # lists them
python -m crm_core.revoke --id 0198f1d2-a0b1-7c3c-8d4e-5f60718293a4
python -m crm_core.revoke --name lead-intake                    # all of that name, such as after minting a new one
"""

import argparse
import asyncio
from uuid import UUID

from leadkit import clock
from leadkit.db import Database
from leadkit.ids import NIL
from sqlalchemy.exc import DBAPIError

from crm_core.access.tokens.actions import revoke_token
from crm_core.access.tokens.queries import in_a_line, platform_tokens
from crm_core.settings import CoreSettings, settings


async def revoke(settings: CoreSettings, *, token_id: UUID | None = None, name: str | None = None) -> list[str]:
    """Revokes the valid platform tokens of this id or name; answers a line for each. With neither, only lists them.

    Every service refuses a revoked one within seconds, crm-core itself within one."""
    db = Database.connect(settings, service="core", for_worker=True)
    try:
        async with db.transaction(role="worker") as session:
            valid = await platform_tokens(session, now=clock.now())
            if token_id is None and name is None:
                return [in_a_line(token) for token in valid]
            meant = [token for token in valid if token.id == token_id or token.name == name]
            for token in meant:
                await revoke_token(session, NIL, token.id, by="operator", now=clock.now())
            return [f"revoked {in_a_line(token)}" for token in meant]
    finally:
        await db.close()


def main() -> None:
    """The command; ends with 1 when there is no such token."""
    parser = argparse.ArgumentParser(prog="python -m crm_core.revoke", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--id", type=UUID, help="The token's id, its jti")
    which.add_argument("--name", help="All valid platform tokens of this name")
    wanted = parser.parse_args()
    try:
        lines = asyncio.run(revoke(settings(), token_id=wanted.id, name=wanted.name))
    except (OSError, DBAPIError) as error:
        raise SystemExit(f"The database does not answer: {type(error).__name__}") from None
    print("\n".join(lines) or "no valid platform token")
    if not lines and (wanted.id or wanted.name):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
