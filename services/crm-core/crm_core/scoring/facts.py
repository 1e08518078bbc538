"""What scoring rules may ask about a lead, in the language of conditions. Pure."""

from typing import get_args

from leadkit.contracts.inquiry import Channel

from crm_core.conditions.fields import Field, Fields

FIELDS = Fields(
    "lead",
    Field(name="has_name", kind="bool", meaning="Gave a name"),
    Field(name="has_phone", kind="bool", meaning="Can be called"),
    Field(name="has_email", kind="bool", meaning="Has an e-mail address"),
    Field(name="has_messenger", kind="bool", meaning="Has a messenger"),
    Field(name="has_company", kind="bool", meaning="Named a company"),
    Field(name="has_interest", kind="bool", meaning="Said what they want"),
    Field(name="has_message", kind="bool", meaning="Wrote a message"),
    Field(name="has_budget", kind="bool", meaning="Named a budget"),
    Field(name="budget", kind="decimal"),
    Field(name="authority", kind="bool", meaning="Qualification: authority is known"),
    Field(name="need", kind="bool", meaning="Qualification: need is known"),
    Field(name="timeframe", kind="bool", meaning="Qualification: timeframe is known"),
    Field(name="answered", kind="number", meaning="How many questions of qualification are answered"),
    Field(name="channel", kind="choice", choices=get_args(Channel)),
    Field(name="provider", kind="text"),
    Field(name="source_id", kind="id"),
    Field(name="known_source", kind="bool", meaning="Came by a source that is known, not directly"),
    Field(name="source", kind="text", meaning="UTM source of the last touch that is not direct"),
    Field(name="medium", kind="text", meaning="UTM medium of that touch"),
    Field(name="campaign", kind="text", meaning="UTM campaign of that touch"),
    Field(name="product", kind="text"),
    Field(name="region", kind="text"),
    Field(name="language", kind="text"),
    Field(name="tags", kind="texts"),
    Field(name="repeat", kind="bool", meaning="Was known before this lead"),
    Field(name="inquiry_count", kind="number", meaning="How often they asked"),
    Field(name="calls_answered", kind="number", meaning="Calls in which somebody spoke with them"),
    Field(name="replies", kind="number", meaning="Answers of theirs to what we wrote"),
    Field(name="last_activity_at", kind="time", meaning="When they asked last"),
    Field(name="occurred_at", kind="time", meaning="When they asked first"),
)

COUNTED = tuple(field.name for field in FIELDS if field.kind == "number")
"""Fields that a rule may give points for each of."""
