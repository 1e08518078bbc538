"""A stand-in for crm-core: answers `/v1/inquiries` and `/v1/calls` as their contracts say, misbehaves when told to."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
from leadkit.client import ServiceClient
from leadkit.ids import new_id

Json = dict[str, Any]


class CrmCore:
    """Remembers inquiries and calls by workspace and id; of calls it knows the `persons`, by phone. `refusing` may
    answer instead; `refused_ids` get a problem each."""

    def __init__(self) -> None:
        self.inquiries: dict[tuple[str, str], Json] = {}
        self.calls: dict[str, Json] = {}
        self.persons: dict[str, str] = {}
        self.order: list[str] = []
        self.requests: list[httpx.Request] = []
        self.refusing: Callable[[list[Json]], httpx.Response | None] = lambda items: None
        self.refused_ids: set[str] = set()
        self.after_commit: Callable[[], Awaitable[None]] | None = None
        self.client = ServiceClient("crm-core", "http://core", "token", transport=httpx.MockTransport(self._answer))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        items = orjson.loads(request.content)["items"]
        refusal = self.refusing(items)
        if refusal is not None:
            return refusal
        workspace_id = request.headers["Leadflow-Workspace"]
        record = self._record_call if request.url.path == "/v1/calls" else self._record
        results = [record(workspace_id, index, item) for index, item in enumerate(items)]
        if self.after_commit is not None:
            await self.after_commit()
        return httpx.Response(200, json={"results": results})

    def _record(self, workspace_id: str, index: int, item: Json) -> Json:
        if item["id"] in self.refused_ids:
            problem = {"type": "/problems/invalid", "status": 422, "title": "Not valid", "detail": "bad"}
            ids = dict.fromkeys(("lead_id", "contact_id", "deal_id"))
            return {"index": index, "id": item["id"], "status": 422, "result": None, **ids, "problem": problem}
        known = self.inquiries.get((workspace_id, item["id"]))
        result, status = "created", 201
        if known is None:
            known = {"lead_id": str(new_id()), "revision": item["revision"], "result": "created"}
            self.inquiries[workspace_id, item["id"]] = known
            self.order.append(item["id"])
        else:
            status, result = 200, known["result"]
            if item["revision"] > known["revision"]:
                known["revision"], result = item["revision"], "updated"
        known["item"] = item
        ids = {"lead_id": known["lead_id"], "contact_id": None, "deal_id": None}
        return {"index": index, "id": item["id"], "status": status, "result": result, **ids, "problem": None}

    def _record_call(self, workspace_id: str, index: int, item: Json) -> Json:
        if item["id"] in self.refused_ids:
            return {**self._record(workspace_id, index, item), "activity_id": None}
        assert item["call"]["direction"] == "outbound"
        known = self.calls.get(item["id"])
        lead_id = next((self.persons[phone] for phone in item["phones"] if phone in self.persons), None)
        self.order.append(item["id"])
        self.calls[item["id"]] = item
        result = "updated" if known and item["revision"] > known["revision"] else "attached" if lead_id else "unmatched"
        ids = {"lead_id": lead_id, "contact_id": None, "deal_id": None, "activity_id": lead_id and str(new_id())}
        status = 200 if known else 201
        return {"index": index, "id": item["id"], "status": status, "result": result, **ids, "problem": None}
