"""The limit that accepting is held against: a FastAPI endpoint that validates the same form and stores nothing."""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Form(BaseModel):
    """The fields of the form that the bench sends."""

    name: str = Field(max_length=300)
    phone: str = Field(max_length=40)
    email: str = Field(max_length=255)
    message: str | None = Field(default=None, max_length=20000)
    website: str | None = None
    page_url: str | None = Field(default=None, max_length=2048)
    referrer: str | None = Field(default=None, max_length=2048)
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None


class Accepted(BaseModel):
    """What it answers."""

    status: str


@app.post("/form", status_code=202)
async def form_accept(form: Form) -> Accepted:
    """Validates, and nothing else."""
    return Accepted(status="received" if form.phone else "empty")


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        ws="none",
        server_header=False,
        date_header=False,
    )
