"""What a source can be set to: the part every provider understands, which a provider may extend."""

from typing import Annotated, Literal

from leadkit.contracts.inquiry import Touch
from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork

Name = Annotated[str, Field(min_length=1, max_length=255)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Words = Annotated[str, Field(min_length=1, max_length=1000)]


class FormField(BaseModel):
    """One field that the hosted form and the script draw."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["name", "phone", "email", "company", "product", "region", "message"]
    label: Name | None = Field(default=None, description="Unset: our own, in the page's language")
    required: bool = False
    options: list[Name] = Field(default_factory=list, max_length=100, description="To choose from, as products are")


class FormSettings(BaseModel):
    """What the hosted form (`/f/{key}`) and a form drawn by the script say and ask. Unset texts are our own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Literal["ru", "en"] | None = Field(default=None, description="Unset: what the visitor's browser prefers")
    title: Words | None = None
    intro: Words | None = None
    button: Name | None = None
    thanks: Words | None = Field(default=None, description="Shown after sending where there is no `redirect_url`")
    fields: list[FormField] = Field(
        default_factory=lambda: [
            FormField(name="name"), FormField(name="phone", required=True), FormField(name="message")
        ],
        min_length=1, max_length=20,
    )  # fmt: skip


class ConsentSettings(BaseModel):
    """The consent that the source's forms ask for. Evidence needs the wording: a new text gets a new version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=4000, examples=["Согласен на обработку персональных данных"])
    version: str = Field(min_length=1, max_length=50, examples=["2026-03"])
    purpose: str = Field(default="personal_data", min_length=1, max_length=255)
    required: bool = Field(default=True, description="Our forms are not sent without it")
    policy_url: str | None = Field(default=None, max_length=2048, pattern=r"^https?://[!-~]+$")


class SourceSettings(BaseModel):
    """Settings valid for every provider. Region and time zone fall back to the workspace's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default_region: str | None = Field(
        default=None, pattern=r"^[A-Z]{2}$", description="Country (ISO 3166-1) of phones without a country code"
    )
    time_zone: str | None = Field(default=None, max_length=64, description="IANA zone of times without an offset")
    own_domains: list[Name] = Field(default_factory=list, description="The company's mail and site domains")
    own_numbers: list[Name] = Field(default_factory=list, description="The company's lines: never a client's phone")
    field_map: dict[Name, Name] = Field(
        default_factory=dict, description="Field of the form -> our name (phone, name, message, ..., ignore)"
    )
    public_url: str | list[str] | None = Field(
        default=None, description="The complete registered address, query included, that signatures are made over"
    )
    signature_tolerance_s: int | None = Field(
        default=300, ge=0, description="Age at which a signed time is too old; null switches the check off"
    )
    double_opt_in: bool = Field(
        default=False, description="A form's inquiry with an e-mail waits until the person follows a link sent there"
    )
    double_opt_in_days: int = Field(default=7, ge=1, le=90, description="How long that link works")
    requests_per_minute: int = Field(default=6000, ge=1, description="Limit for the whole source")
    requests_per_minute_per_address: int | None = Field(
        default=None, ge=1, description="Limit per client address; unset: 120 where browsers post, else none"
    )
    form: FormSettings = Field(default_factory=FormSettings, description="The hosted form and the drawn one")
    consent: ConsentSettings | None = Field(default=None, description="What people agree to in the source's forms")


class SpamSettings(BaseModel):
    """How suspicious a submission may be before it is put aside as spam."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    threshold: int = Field(default=100, ge=1, description="Score from which a submission is spam")
    honeypot_fields: list[Name] = Field(
        default_factory=lambda: ["website"],
        description="Fields that a person does not see and leaves empty; unset: website, of provider generic only",
    )
    minimum_fill_seconds: float | None = Field(default=None, ge=0, description="Filled faster: points")
    blocked_words: list[Name] = Field(default_factory=list)
    blocked_emails: list[Name] = Field(default_factory=list, description="Addresses or whole domains")
    blocked_phones: list[Name] = Field(default_factory=list, description="E.164")
    blocked_countries: list[Country] = Field(default_factory=list, description="Of phones, ISO 3166-1")
    blocked_addresses: list[IPvAnyNetwork] = Field(
        default_factory=list, description="Network addresses of senders, single or as 192.0.2.0/24"
    )
    repeated_text: int | None = Field(
        default=5, ge=2, description="So many people with the same words within a day: points; null switches it off"
    )
    proof_of_work: int | None = Field(
        default=None, ge=1, le=5,
        description="Hexadecimal zeros that each browser has to find (ALTCHA); 3 takes it a fraction of a second. "
        "A form sent without a proof is spam, so also one sent without JavaScript",
    )  # fmt: skip


class SourceDefaults(BaseModel):
    """What an inquiry of the source gets where it says nothing itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribution: Touch | None = None
    product: str | None = Field(default=None, max_length=255)
    region: str | None = Field(default=None, max_length=255)
    language: str | None = Field(default=None, max_length=35)


class Secrets(BaseModel):
    """Secrets of a provider without a signature of its own: one word that the request must carry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: str | None = Field(
        default=None,
        max_length=1024,
        description="Expected in the query (key, secret, token), Authorization, X-Webhook-Key, X-Api-Key or the body",
    )


class SigningSecret(Secrets):
    """The secret of a provider that signs its requests."""

    secret: str | None = Field(default=None, max_length=1024, description="What the provider signs its requests with")
