"""Tokens as clients ask for them and see them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from leadkit.contracts.common import Moment
from pydantic import BaseModel, ConfigDict, Field

from crm_core.access.users.schemas import UserOut
from crm_core.access.workspaces.schemas import WorkspaceOut
from crm_core.fields import Line

TokenRole = Literal["platform", "admin", "head", "manager", "analyst", "integration"]


class TokenCreate(BaseModel):
    """A token to be made. Its role is the caller's at most."""

    name: Annotated[Line, Field(examples=["site integration"])]
    role: TokenRole = Field(examples=["integration"])
    scopes: Annotated[list[Line], Field(max_length=100)] | None = Field(
        None, description="Default: all that the role may have and you have", examples=[["inquiries:write"]]
    )
    user_id: UUID | None = Field(None, description="The member of staff for whom the token acts")
    expires_at: Moment | None = Field(None, description="At most 400 days ahead; default 365 days")


class TokenOut(BaseModel):
    """What is known of a token; the token itself is nowhere kept. `id` is its `jti`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int = Field(examples=[1])
    name: str = Field(examples=["site integration"])
    role: TokenRole
    scopes: list[str] = Field(examples=[["inquiries:write"]])
    user_id: UUID | None
    created_by: str = Field(examples=["user:0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"])
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None


class TokenMade(TokenOut):
    """A new token, shown this once."""

    token: str = Field(examples=["eyJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.eyJpc3MiOiJsZWFkZmxvdyJ9.c2lnbmF0dXJl"])


class Me(BaseModel):
    """Who the presented token is, and where it acts."""

    subject: str = Field(examples=["user:0198f1d2-a0b1-7c3c-8d4e-5f60718293a4"])
    name: str = Field(examples=["Анна Смирнова"])
    role: TokenRole
    scopes: list[str] = Field(examples=[["leads:read", "leads:write"]])
    token_id: UUID
    expires_at: Moment
    user: UserOut | None
    workspace: WorkspaceOut | None


class Jwks(BaseModel):
    """A JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037)."""

    keys: list[dict[str, Any]] = Field(
        examples=[
            [{"kty": "OKP", "crv": "Ed25519", "kid": "0198f1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]
        ]
    )
