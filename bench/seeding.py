"""A workspace as it is after years: a million leads with all that belongs to them, made by PostgreSQL itself.

Everything follows from numbers (no chance, so every run has the same rows), one statement a table. Indexes and foreign
keys are put aside for it: what matters is what is there afterwards."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

Sql = Callable[[str], str]
"""Runs a script as the superuser of crm-core's database and answers what it prints."""

LEADS = int(os.environ.get("LEADFLOW_BENCH_LEADS", "1000000"))
LONG_TIMELINE = 5_000
TABLES = (
    "lead", "lead_key", "lead_transition", "match_key", "inquiry", "activity", "assignment_explanation", "contact",
    "contact_point", "contact_lead", "company", "deal", "stage_change",
)  # fmt: skip

FIRST = "Иван Анна Пётр Мария Алексей Ольга Сергей Елена Дмитрий Наталья John Mary Peter Alice Robert Emma"
LAST = (
    "Иванов Петров Сидоров Кузнецов Смирнов Волков Соколов Лебедев Козлов Новиков Морозов Павлов Семёнов Голубев "
    "Виноградов Богданов Воробьёв Фёдоров Михайлов Беляев Smith Johnson Williams Brown Miller Davis Wilson Taylor"
)
THINGS = "окна двери балкон фасад витраж перегородка теплица windows doors facade partition greenhouse"

# uuid(kind, n): UUIDv7 of a row, in the order of its time. at(n, of): the last of `of` rows was made an hour ago, the
# first three years before. pick(words, n): one of the words. mix(n): a number that looks like chance.
HELPERS = """
CREATE OR REPLACE FUNCTION pg_temp.mix(n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS 'SELECT abs(hashint8(n)::bigint)';
CREATE OR REPLACE FUNCTION pg_temp.at(n bigint, total bigint) RETURNS timestamptz STABLE LANGUAGE sql
  AS $$SELECT date_trunc('hour', now()) - interval '1 hour' - (total - n) * (interval '1095 days' / total)$$;
CREATE OR REPLACE FUNCTION pg_temp.uuid(kind int, n bigint, at timestamptz) RETURNS uuid IMMUTABLE LANGUAGE sql
  AS $$SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
     || '8000' || lpad(to_hex(n), 12, '0'))::uuid$$;
CREATE OR REPLACE FUNCTION pg_temp.pick(words text, n bigint) RETURNS text IMMUTABLE LANGUAGE sql
  AS $$SELECT (string_to_array(words, ' '))[1 + n % array_length(string_to_array(words, ' '), 1)]$$;
"""

# Every name that follows is drawn once, so that all tables agree.
PEOPLE = f"""
CREATE TEMP TABLE person AS
SELECT n, pg_temp.at(n, :leads) AS at, pg_temp.uuid(1, n, pg_temp.at(n, :leads)) AS id,
  pg_temp.pick('{FIRST}', pg_temp.mix(n)) AS first,
  pg_temp.pick('{LAST}', pg_temp.mix(n + 1)) || (pg_temp.mix(n) % 5000)
  AS last, '+79' || lpad(((n * 7919) % 1000000000)::text, 9, '0') AS phone, 'client' || n || '@example.org' AS email,
  pg_temp.pick('{THINGS}', pg_temp.mix(n + 2)) AS thing,
  pg_temp.pick('new assigned in_progress qualified converted disqualified disqualified postponed', pg_temp.mix(n + 3))
  AS drawn, (:'managers'::uuid[])[1 + pg_temp.mix(n + 4) % array_length(:'managers'::uuid[], 1)] AS owner_id
FROM generate_series(CAST(1 AS bigint), :leads) AS n;
CREATE TEMP TABLE lead_row AS
SELECT person.*, CASE WHEN n % 5 = 0 THEN 'converted' WHEN drawn = 'converted' THEN 'disqualified' ELSE drawn END AS
  status, CASE WHEN n % 10 IN (0, 1, 5) THEN pg_temp.uuid(2, n, at) END AS contact_id,
  CASE WHEN n % 5 = 0 THEN pg_temp.uuid(3, n, at) END AS deal_id FROM person;
CREATE UNIQUE INDEX ON lead_row (n);
ANALYZE lead_row;
"""

LEAD = """
INSERT INTO company (workspace_id, id, version, name, name_key, search_text, phones, emails, legal, custom, tags,
  owner_id, team_id, created_at, updated_at)
SELECT :'workspace', pg_temp.uuid(4, n, at), 1, 'ООО ' || last, 'ооо ' || lower(last), ' ооо ' || lower(last), '{}',
  '{}', '{}', '{}', '{}', owner_id, :'team', at, at FROM lead_row WHERE n % 30 = 0;
INSERT INTO contact (workspace_id, id, version, kind, person, search_name, search_text, company_id, owner_id, team_id,
  addresses, legal, custom, tags, created_at, updated_at)
SELECT :'workspace', contact_id, 1, pg_temp.pick('client client client partner supplier', n), jsonb_build_object(
  'first_name', first, 'last_name', last), lower(last || ' ' || first), lower(' ' || last || ' ' || first || ' ' ||
  substr(phone, 2) || ' ' || email), CASE WHEN n % 30 = 0 THEN pg_temp.uuid(4, n, at) END, owner_id, :'team', '[]',
  '{}', '{}', '{}', at, at FROM lead_row WHERE contact_id IS NOT NULL;
INSERT INTO contact_point SELECT :'workspace', contact_id, 'phone', phone, 0, true FROM lead_row
  WHERE contact_id IS NOT NULL;
INSERT INTO contact_lead SELECT :'workspace', contact_id, id FROM lead_row WHERE contact_id IS NOT NULL;
INSERT INTO lead (workspace_id, id, version, status, person, search_name, search_text, phones, emails, messengers,
  subject, product, channel, provider, attribution, qualification, temperature, temperature_set, score, score_points,
  completeness, owner_id, team_id, owners, contact_id, deal_id, loss_reason_id, postponed_until, next_step_at,
  first_response_at, inquiry_count, repeat, custom, tags, reached, passages, occurred_at, moved_at, last_activity_at,
  created_at, updated_at)
SELECT :'workspace', id, 3, status, jsonb_build_object('full_name', first || ' ' || last), lower(first || ' ' || last),
  lower(' ' || first || ' ' || last || ' ' || thing || ' ' || n % 20000 || ' ' || substr(phone, 2) || ' ' || email),
  ARRAY[phone], ARRAY[email], '[]', thing || ' ' || n % 20000, pg_temp.pick('windows doors facades', n),
  pg_temp.pick('form form form call call email chat ads', n), 'generic', jsonb_build_object('last', jsonb_build_object(
    'source', pg_temp.pick('yandex google direct vk mail', n), 'medium', 'cpc', 'campaign', 'campaign ' || n % 500)),
  '{}', pg_temp.pick('cold cold cold warm warm hot', pg_temp.mix(n)), false, (pg_temp.mix(n) % 100)::int, '[]',
  (n % 4) / 4.0, CASE WHEN status <> 'new' THEN owner_id END, :'team', '[]', contact_id, deal_id,
  CASE WHEN status = 'disqualified' THEN :'reason'::uuid END,
  CASE WHEN status = 'postponed' THEN now() + interval '90 days' END,
  CASE WHEN n % 4 < 3 THEN at + interval '2 days' END, at + interval '20 minutes', 1, false, '{}',
  CASE WHEN n % 50 = 0 THEN ARRAY['vip'] WHEN n % 7 = 0 THEN ARRAY['big'] ELSE '{}'::text[] END,
  jsonb_build_object('new', at), '{"new": 1}', at, at, at, at, at FROM lead_row;
INSERT INTO lead_key SELECT :'workspace', 'phone', phone, id FROM lead_row;
INSERT INTO lead_key SELECT :'workspace', 'email', email, id FROM lead_row;
INSERT INTO match_key SELECT :'workspace', kind, value FROM lead_key WHERE workspace_id = :'workspace';
"""

HISTORY = """
INSERT INTO lead_transition SELECT :'workspace', pg_temp.uuid(10 + step, n, at), id,
  CASE step WHEN 0 THEN 'create' ELSE 'assign' END, CASE step WHEN 0 THEN NULL ELSE 'new' END,
  CASE step WHEN 0 THEN 'new' ELSE 'assigned' END, at, 'system', NULL, '{}'
FROM lead_row, generate_series(0, 1) AS step;
INSERT INTO assignment_explanation SELECT :'workspace', pg_temp.uuid(12, n, at), id, at, 'system', :'team', owner_id,
  '[]' FROM lead_row;
INSERT INTO inquiry (workspace_id, id, version, revision, result, lead_id, contact_id, activity_id, channel, provider,
  direct, body, occurred_at, received_at, recorded_at, updated_at)
SELECT :'workspace', pg_temp.uuid(5, n, at), 1, 1, 'created', id, contact_id, pg_temp.uuid(6, n, at), 'form', 'generic',
  false, jsonb_build_object('id', pg_temp.uuid(5, n, at), 'channel', 'form', 'phones', ARRAY[phone], 'subject', thing),
  at, at, at, at FROM lead_row;
INSERT INTO activity (workspace_id, id, version, kind, direction, lead_id, contact_id, owner_id, team_id, inquiry_id,
  subject, data, at, completed_at, by, created_at, updated_at)
SELECT :'workspace', pg_temp.uuid(6, n, at), 1, 'note', 'inbound', id, contact_id, owner_id, :'team',
  pg_temp.uuid(5, n, at), thing, '{"channel": "form"}', at, at, 'system', at, at FROM lead_row;
INSERT INTO activity (workspace_id, id, version, kind, lead_id, owner_id, team_id, subject, due_at, data, at, by,
  created_at, updated_at)
SELECT :'workspace', pg_temp.uuid(7, n, at), 1, 'task', id, owner_id, :'team', 'Call', at + interval '2 days', '{}',
  at,
  'system', at, at FROM lead_row WHERE n % 4 < 3;
INSERT INTO activity (workspace_id, id, version, kind, direction, lead_id, owner_id, team_id, data, at, completed_at,
  by,
  created_at, updated_at)
SELECT :'workspace', pg_temp.uuid(8, place, at), 1, 'call', 'outbound', id, owner_id, :'team', '{}',
  at + place * interval '1 minute', at, 'system', at, at
FROM lead_row, generate_series(1, :long) AS place WHERE n = :leads / 2;
"""

DEAL = """
INSERT INTO deal (workspace_id, id, version, name, search_text, lead_id, contact_id, pipeline_id, stage_id, status,
  amount, currency, probability, owner_id, team_id, expected_close, entered_stage_at, won_at, lost_at, reached,
  passages,
  owners, custom, tags, created_at, updated_at)
SELECT :'workspace', deal_id, 1, thing || ' ' || last, lower(' ' || thing || ' ' || last), id, contact_id, :'pipeline',
  (:'stages'::uuid[])[1 + n / 5 % array_length(:'stages'::uuid[], 1)], status, (n % 1000) * 1000 + 500, 'RUB',
  CASE status WHEN 'won' THEN 1 WHEN 'lost' THEN 0 ELSE 0.4 END, owner_id, :'team', (at + interval '40 days')::date, at,
  CASE status WHEN 'won' THEN at END, CASE status WHEN 'lost' THEN at END, '{}', '{}', '[]', '{}', '{}', at, at
FROM (SELECT n, at, id, contact_id, deal_id, thing, last, owner_id, pg_temp.pick('open open won lost', n / 5) AS status
  FROM lead_row WHERE deal_id IS NOT NULL) AS sold;
INSERT INTO stage_change SELECT :'workspace', pg_temp.uuid(9, lead.n, lead.at), deal.id, lead.at, 'system', NULL,
  deal.stage_id, NULL, 'open', NULL, NULL
FROM lead_row AS lead JOIN deal ON deal.workspace_id = :'workspace' AND deal.id = lead.deal_id;
"""


@dataclass(frozen=True)
class Place:
    """Where the rows go: a workspace with a team of managers, its pipeline and a loss reason."""

    workspace: UUID
    team: UUID
    managers: list[UUID]
    pipeline: UUID
    stages: list[UUID]
    reason: UUID


@dataclass(frozen=True)
class Seeded:
    """What there is to ask for: the numbers of rows, and how long it took to make them."""

    leads: int
    seconds: float

    def phone(self, number: int) -> str:
        """The phone of the n-th lead."""
        return f"+79{number * 7919 % 1_000_000_000:09d}"


def seed(sql: Sql, place: Place, *, leads: int = LEADS) -> Seeded:
    """Makes the rows; of the leads three in ten have a contact, two in ten a deal."""
    began = time.monotonic()
    named = {
        "workspace": str(place.workspace), "team": str(place.team), "pipeline": str(place.pipeline),
        "reason": str(place.reason), "managers": "{" + ",".join(map(str, place.managers)) + "}",
        "stages": "{" + ",".join(map(str, place.stages)) + "}", "leads": str(leads), "long": str(LONG_TIMELINE),
    }  # fmt: skip
    variables = "".join(f"\\set {name} '{value}'\n" for name, value in named.items())
    indexes = sql(INDEXES.format(tables=", ".join(f"'{table}'" for table in TABLES))).splitlines()
    names = [line.split(" ")[2] for line in indexes]
    dropped = "".join(f"DROP INDEX {name};\n" for name in names)
    # So that a lead has the index by which its rows are joined while they are made.
    made = "".join(f"{line};\n" for line in indexes)
    sql(
        "SET session_replication_role = replica; SET synchronous_commit = off; SET work_mem = '128MB';\n"
        f"SET maintenance_work_mem = '512MB';\n{variables}{HELPERS}{PEOPLE}{dropped}{LEAD}{HISTORY}{DEAL}{made}"
    )
    # As it would be by itself a quarter of an hour later: what was written at once is not being written out meanwhile.
    sql("VACUUM ANALYZE " + ", ".join(TABLES) + ";\nCHECKPOINT;")
    return Seeded(leads, time.monotonic() - began)


INDEXES = """
SELECT indexdef FROM pg_indexes JOIN pg_class ON relname = indexname JOIN pg_index ON indexrelid = pg_class.oid
WHERE schemaname = 'public' AND tablename IN ({tables}) AND NOT indisunique;
"""
