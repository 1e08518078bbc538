"""How much a user has to do, over the API."""

from datetime import timedelta

from crm_core.leads.overdue import watch_deadlines
from leadkit import clock

from tests.crm_core.assignment.test_fairness import inquiry


async def test_a_users_workload_counts_what_is_open_given_due_and_left(sales):
    anna = str(sales.managers[0])
    path = f"/v1/users/{anna}"
    async with sales.tenant.client_as() as admin:
        await admin.patch(path, json={"daily_cap": 5, "open_cap": 2}, headers={"If-Match": '"1"'})
        rule = {"name": "Soon", "response": {"within_minutes": 15, "then": []}, "pool": {"user_ids": [anna]}}
        (await admin.post("/v1/assignment-rules", json=rule)).raise_for_status()
    answers = await sales.ask(*(inquiry(number) for number in range(2)))
    await sales.step(answers[0]["lead_id"], "start")
    later = clock.now() + timedelta(minutes=20)
    async with sales.tenant.client_as() as admin:
        task = {"kind": "task", "lead_id": answers[0]["lead_id"], "subject": "Call", "owner_id": anna}
        (await admin.post("/v1/activities", json=task)).raise_for_status()
        with clock.at(later):
            await watch_deadlines(sales.tenant.core.db)
            found = (await admin.get(f"{path}/workload")).raise_for_status().json()
    assert (found["open_leads"], found["open_cap"], found["open_left"]) == (2, 2, 0)
    assert (found["daily_cap"], found["daily_left"]) == (5, 5 - found["given_today"])
    assert (found["overdue_leads"], found["open_tasks"], found["overdue_tasks"]) == (1, 1, 0)
    assert (found["at_work"], found["away_because"]) == (True, None)
