"""Conditions: one small typed language for list filters, saved views, segments, exports and assignment rules.

    {"all": [{"field": "status", "op": "in", "value": ["new", "assigned"]},
             {"any": [{"field": "score", "op": "gte", "value": 60}, {"field": "tags", "op": "has", "value": "vip"}]},
             {"not": {"field": "created_at", "op": "lt", "value": "now-30d"}}]}

`tree` reads it against a slice's `Fields` and tells what is wrong where; `sql` makes a WHERE of it, `facts` asks it of
values in memory, and both always say the same. A test of something absent is false, its `not` therefore true."""
