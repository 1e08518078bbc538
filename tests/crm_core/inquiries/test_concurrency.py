"""Inquiries that arrive together: one person stays one lead, and every inquiry is there once."""

import asyncio
import random
from collections import Counter
from typing import Any

from leadkit.ids import new_id


def inquiry(**values: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "channel": "form", **values}


async def test_fifty_simultaneous_inquiries_of_one_person_make_one_lead(sales):
    answers = await asyncio.gather(*(sales.ask(inquiry(phones=["+74951234567"])) for _ in range(50)))
    assert len({answer["lead_id"] for [answer] in answers}) == 1
    assert Counter(answer["result"] for [answer] in answers) == {"created": 1, "attached": 49}
    [lead] = await sales.leads()
    assert lead["inquiry_count"] == 50


async def test_simultaneous_batches_with_the_same_people_in_any_order_make_one_lead_each(sales):
    people = [{"phones": [f"+7495123{number:04}"], "emails": [f"p{number}@example.com"]} for number in range(20)]

    async def batch(seed: int) -> list[dict[str, Any]]:
        shuffled = random.Random(seed).sample(people, len(people))
        answers: list[dict[str, Any]] = await sales.ask(*(inquiry(**person) for person in shuffled))
        return answers

    answers = [answer for batch_ in await asyncio.gather(*map(batch, range(8))) for answer in batch_]
    assert Counter(answer["result"] for answer in answers) == {"created": 20, "attached": 140}
    assert {lead["inquiry_count"] for lead in await sales.leads()} == {8}


async def test_the_same_inquiry_delivered_at_once_by_several_counts_once(sales):
    sent = inquiry(phones=["+74951234567"])
    answers = await asyncio.gather(*(sales.ask(sent) for _ in range(10)))
    assert sorted(answer["status"] for [answer] in answers) == [200] * 9 + [201]
    [lead] = await sales.leads()
    assert lead["inquiry_count"] == 1


async def test_one_id_told_at_once_with_different_addresses_is_one_inquiry(sales):
    sent = inquiry()
    answers = await asyncio.gather(*(sales.ask({**sent, "phones": [f"+7495123000{number}"]}) for number in range(8)))
    assert len({answer["lead_id"] for [answer] in answers}) == 1
    assert sorted(answer["status"] for [answer] in answers) == [200] * 7 + [201]
    assert len(await sales.leads()) == 1


async def test_an_inquiry_during_conversion_goes_onto_the_new_deal_or_the_lead_before_it(sales):
    for number in range(5):
        phone = f"+7495123000{number}"
        [first] = await sales.ask(inquiry(phones=[phone]))
        converted, [answer] = await asyncio.gather(
            sales.step(first["lead_id"], "convert"), sales.ask(inquiry(phones=[phone]))
        )
        assert answer["result"] == "attached"
        assert answer["deal_id"] in (None, converted["deal_id"])
        assert answer["lead_id"] == first["lead_id"]
    assert len(await sales.leads()) == 5
