"""A body for every call that takes one, by operation id: what the API's documentation shows, and what works when it is
pasted, once an `ID` stands for something that is there. Calls without one have theirs beside their schema."""

from collections.abc import Mapping
from typing import Any

ID = "0198f1d2-7c1e-7f3a-9c57-3f6a1b2c3d4e"
OTHER_ID = "0198f1d2-7c1e-7f3a-9c57-3f6a1b2c3d4f"
RUB = {"amount": "150000.00", "currency": "RUB"}
IVAN = {"first_name": "Иван", "last_name": "Петров"}
LATER = "2027-03-01T09:00:00Z"

LEAD = {
    "person": IVAN, "phones": ["+74951234567"], "emails": ["ivan@example.com"], "company": "ООО Ромашка",
    "subject": "Остекление балкона", "product": "Окна", "budget": RUB, "tags": ["vip"],
}  # fmt: skip
CONTACT = {
    "kind": "client", "person": IVAN, "phones": ["+74951234567"], "emails": ["ivan@example.com"],
    "position": "Директор", "legal": {"tax_number": "500100732259"}, "tags": ["vip"],
}  # fmt: skip
COMPANY = {"name": "ООО Ромашка", "tax_number": "7707083893", "website": "https://romashka.example"}
DEAL = {"name": "Окна для офиса", "amount": RUB, "expected_close": "2027-04-30"}
TASK = {"kind": "task", "lead_id": ID, "subject": "Позвонить о смете", "due_at": LATER, "remind_before_minutes": 15}
PRODUCT = {"name": "Окно двустворчатое", "sku": "W-2", "unit": "шт", "price": {"amount": "18500.00", "currency": "RUB"}}
USER = {"name": "Мария Ким", "email": "maria.kim@example.com", "role": "manager", "level": 3, "languages": ["ru"]}
STAGE = {"key": "measuring", "name": "Замер", "probability": 0.3, "rots_after_days": 7}
HOT = {"field": "temperature", "op": "eq", "value": "hot"}
RULE = {
    "name": "Hot leads to the experienced", "condition": HOT, "pool": {"min_level": 4}, "strategy": "round_robin",
    "fallback": "next_rule",
}  # fmt: skip
HOURS = {"mon": [["09:00", "18:00"]], "tue": [["09:00", "18:00"]]}


def _with_id(body: Mapping[str, Any]) -> dict[str, Any]:
    return {"items": [{"id": ID, **body}]}


EXAMPLES: Mapping[str, Any] = {
    "leads_create": LEAD,
    "leads_bulk": {"items": [LEAD, {"person": {"full_name": "Anna Schmidt"}, "emails": ["anna@example.com"]}]},
    "leads_bulk_update": _with_id({"version": 3, "tags": ["spring"]}),
    "leads_bulk_start": _with_id({"note": "Дозвонились"}),
    "leads_bulk_qualify": _with_id({"need": "окна в новый офис"}),
    "leads_bulk_assign": _with_id({"owner_id": OTHER_ID}),
    "leads_bulk_postpone": _with_id({"until": LATER}),
    "leads_bulk_disqualify": _with_id({"reason": "no_budget"}),
    "leads_bulk_reopen": _with_id({"note": "Нашёлся бюджет"}),
    "leads_update": {"subject": "Окна и двери", "temperature": "hot", "qualification": {"timeframe": "в марте"}},
    "leads_start": {"note": "Дозвонились, ждёт расчёт"},
    "leads_qualify": {"budget": RUB, "authority": "решает сам", "need": "окна в новый офис", "timeframe": "в марте"},
    "leads_assign": {},
    "leads_postpone": {"until": LATER, "note": "Просил вернуться весной"},
    "leads_disqualify": {"reason": "no_budget", "note": "Отложили ремонт"},
    "leads_reopen": {"note": "Нашёлся бюджет"},
    "leads_convert": {"company": {"name": "ООО Ромашка"}, "deal": {"name": "Окна для офиса", "amount": RUB}},
    "leads_merge": {"into": OTHER_ID, "note": "Один и тот же человек"},
    "contacts_create": CONTACT,
    "contacts_bulk": {"items": [CONTACT]},
    "contacts_bulk_update": _with_id({"kind": "partner"}),
    "contacts_update": {"position": "Генеральный директор", "legal": {"passport": None}},
    "contacts_merge": {"into": OTHER_ID},
    "companies_create": COMPANY,
    "companies_bulk": {"items": [COMPANY]},
    "companies_bulk_update": _with_id({"tags": ["vip"]}),
    "companies_update": {"address": "Москва, Ленинский проспект, 1"},
    "companies_merge": {"into": OTHER_ID},
    "deals_create": DEAL,
    "deals_bulk": {"items": [DEAL]},
    "deals_bulk_update": _with_id({"version": 3, "expected_close": "2027-05-15"}),
    "deals_bulk_move": _with_id({"stage_id": OTHER_ID}),
    "deals_bulk_win": _with_id({"amount": RUB}),
    "deals_bulk_lose": _with_id({"reason": "competitor"}),
    "deals_bulk_reopen": _with_id({"note": "Вернулись к нам"}),
    "deals_bulk_assign": _with_id({"owner_id": OTHER_ID}),
    "deals_update": {"expected_close": "2027-05-15", "tags": ["vip"]},
    "deals_put_lines": {"lines": [{"name": "Окно двустворчатое", "quantity": "4", "price": PRODUCT["price"]}]},
    "deals_move": {"stage_id": OTHER_ID, "note": "Замер сделан"},
    "deals_win": {"amount": RUB},
    "deals_lose": {"reason": "competitor", "note": "У соседей дешевле"},
    "deals_reopen": {"note": "Вернулись к нам"},
    "deals_assign": {"owner_id": OTHER_ID},
    "pipelines_create": {"name": "Сервис", "stages": [STAGE, {"key": "repair", "name": "Ремонт", "probability": 0.7}]},
    "pipelines_update": {"may_skip": False, "amount_needed_from": 0.5},
    "pipelines_archive": {"move_to": OTHER_ID},
    "pipelines_order_stages": {"stage_ids": [OTHER_ID, ID]},
    "pipelines_stages_create": STAGE,
    "pipelines_stages_update": {"probability": 0.4, "required_fields": ["amount"]},
    "pipelines_stages_archive": {"move_to": OTHER_ID},
    "activities_create": TASK,
    "activities_bulk": {"items": [TASK]},
    "activities_update": {"due_at": LATER},
    "activities_complete": {"result": "done"},
    "activities_assign": {"owner_id": OTHER_ID},
    "activity_results_create": {
        "kind": "call", "key": "sent_price", "name": {"en": "Sent a price", "ru": "Отправили прайс"},
    },
    "activity_results_update": {"active": False},
    "scoring_update": {"warm_from": 25, "hot_from": 55},
    "scoring_rules_create": {
        "name": "From the fair", "condition": {"field": "campaign", "op": "eq", "value": "fair"}, "points": 15,
    },
    "scoring_rules_update": {"points": 20},
    "qualification_questions_create": {
        "key": "floor", "name": "На каком этаже?", "type": "number", "points": 5,
    },
    "qualification_questions_update": {"points": 10},
    "assignment_rules_create": RULE,
    "assignment_rules_order": {"ids": [OTHER_ID, ID]},
    "assignment_rules_update": {"active": False},
    "assignment_preview": {"leads": [{"temperature": "hot", "region": "RU-MOW"}]},
    "assignment_redistribute": {"user_id": OTHER_ID},
    "simulations_create": {"rules": [RULE], "occurred_from": "2026-10-01T00:00:00Z"},
    "views_create": {"name": "Горячие без шага", "entity": "lead", "filter": HOT, "sort": "-score", "shared": "all"},
    "views_update": {"shared": "nobody"},
    "exports_create": {"entity": "lead", "format": "xlsx", "filter": HOT, "columns": ["id", "status", "score"]},
    "conversion_mapping_put": {"pairs": [{"lead_field": "subject", "entity": "deal", "field": "name"}]},
    "loss_reasons_create": {"key": "moved_away", "name": "Переехали"},
    "loss_reasons_update": {"active": False},
    "custom_fields_create": {
        "entity": "lead", "key": "area", "name": {"en": "Area, m²", "ru": "Площадь, м²"}, "type": "number",
        "personal": False,
    },
    "custom_fields_update": {"required": True},
    "tags_create": {"name": "выставка", "color": "#3366cc"},
    "tags_merge": {"names": ["vip-клиент"], "into": "vip"},
    "tags_update": {"color": "#3366cc"},
    "segments_create": {
        "name": "Партнёры", "entity": "contact", "filter": {"field": "kind", "op": "eq", "value": "partner"},
    },
    "segments_update": {"name": "Наши партнёры"},
    "products_create": PRODUCT,
    "products_bulk": {"items": [{**PRODUCT, "name": "Окно трёхстворчатое", "sku": "W-3"}]},
    "products_update": {"price": {"amount": "19000.00", "currency": "RUB"}},
    "unmatched_addresses_create": {"kind": "phone", "value": "+74950000000", "reason": "own"},
    "users_create": USER,
    "users_bulk": {"items": [{**USER, "name": "Олег Ли", "email": "oleg.li@example.com"}]},
    "users_update": {"level": 4, "skills": ["windows"], "daily_cap": 20},
    "users_set_availability": {"working_hours": HOURS, "time_zone": "Europe/Moscow"},
    "users_change_availability": {"pause": {"until": LATER}},
    "holidays_create": {"day": "2027-05-09", "name": "День Победы"},
    "teams_create": {"name": "Север"},
    "teams_update": {"name": "Северо-Запад"},
    "tokens_create": {"name": "Warehouse", "role": "integration", "scopes": ["deals:read", "events:read"]},
    "workspaces_create": {"name": "Окна Плюс", "time_zone": "Europe/Moscow", "currency": "RUB", "language": "ru"},
    "workspaces_update": {"closed_lead_policy": "new", "retention": {"closed_leads_days": 730}},
    "webhooks_create": {
        "name": "Warehouse", "url": "https://hooks.example.com/leadflow", "types": ["deal.won"],
    },
    "webhooks_update": {"enabled": True},
}  # fmt: skip
