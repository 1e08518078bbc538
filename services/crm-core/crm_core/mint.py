"""`python -m crm_core.mint`: makes the signing key if there is none, and prints a platform token.

python -m crm_core.mint --name "lead-intake" --scopes inquiries:write events:read
"""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import timedelta

from leadkit import clock
from leadkit.db import Database
from leadkit.tokens import SCOPES
from sqlalchemy.exc import DBAPIError

from crm_core.access.tokens.keys import NoSigningKey
from crm_core.access.tokens.minting import mint_platform_token
from crm_core.access.tokens.rules import LONGEST_LIFE
from crm_core.settings import CoreSettings, settings


async def mint(settings: CoreSettings, *, name: str, scopes: Sequence[str], days: int, new_key: bool = False) -> str:
    """A platform token for `days` days; with `new_key`, signed by a key made for it."""
    db = Database.connect(settings, service="core", for_worker=True)
    try:
        async with db.transaction(role="worker") as session:
            return await mint_platform_token(
                session,
                settings.data_key,
                name=name,
                scopes=scopes,
                life=timedelta(days=days),
                new_key=new_key,
                now=clock.now(),
            )
    finally:
        await db.close()


def main() -> None:
    """Reads the command line and prints the token."""
    parser = argparse.ArgumentParser(prog="python -m crm_core.mint", description="Print a platform token.")
    parser.add_argument("--name", default="platform", help="what the token is for, as audit log and lists show it")
    parser.add_argument("--scopes", nargs="+", choices=sorted(SCOPES), default=sorted(SCOPES), metavar="SCOPE")
    parser.add_argument("--days", type=int, choices=range(1, LONGEST_LIFE.days + 1), default=365, metavar="DAYS")
    parser.add_argument("--new-key", action="store_true", help="sign with a new key; the former stay valid")
    given = parser.parse_args()
    wanted = mint(settings(), name=given.name, scopes=given.scopes, days=given.days, new_key=given.new_key)
    try:
        print(asyncio.run(wanted))
    except (OSError, DBAPIError):
        raise SystemExit(
            "crm-core: the database does not answer, or `python -m crm_core.migrate` was not run"
        ) from None
    except NoSigningKey as error:
        raise SystemExit(f"crm-core: {error.detail}") from None


if __name__ == "__main__":
    main()
