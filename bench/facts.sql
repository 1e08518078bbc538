-- A year of a workspace's facts, made up by PostgreSQL: leads number :first to :last of :leads, each with its submission
-- and inquiry, and the deals of those that were converted. Numbers decide everything, so a run is like any other.
-- Times are log-spaced (seconds to weeks), sources and campaigns unequal, as they are in life.
BEGIN;
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
WITH numbered AS (
    SELECT n, timestamptz :'until' - (:leads - n) * (interval '1 day' * :days / :leads) AS at,
           hashint8(n)::bigint + 2147483648 AS a, hashint8extended(n, 7) AS b, md5(n::text) AS digits
    FROM generate_series(CAST(:first AS bigint), :last) AS n
), chance AS (
    SELECT n, at, digits, a / 4294967296::float8 AS p, (b & 65535) / 65536::float8 AS q,
           ((b >> 16) & 65535) / 65536::float8 AS r, ((b >> 32) & 65535) / 65536::float8 AS s,
           ((b >> 48) & 32767) / 32768::float8 AS t
    FROM numbered
), lasting AS (
    SELECT *, interval '30 seconds' * exp(8 * s) AS untouched, interval '10 minutes' * exp(6 * t) AS unqualified,
           interval '2 hours' * exp(4 * q) AS unconverted
    FROM chance OFFSET 0
)
SELECT n, at, p, q, r, s, t,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(digits, 1, 3)
        || '8' || substr(digits, 4, 15))::uuid AS id,
       (ARRAY['yandex', 'google', 'direct', 'vk', 'avito', '2gis', 'telegram', 'email', 'partners', 'flyers'])
           [1 + floor(10 * q * q)::int] AS source,
       md5(concat('owner', floor(40 * r)))::uuid AS owner_id, md5(concat('team', floor(8 * r)))::uuid AS team_id,
       at + untouched AS contacted_at, at + untouched + unqualified AS qualified_at,
       at + untouched + unqualified + unconverted AS converted_at
FROM lasting;

INSERT INTO fact_submission (workspace_id, id, version, status, result, lead_id, entry_point, channel, provider, source,
    medium, campaign, campaign_id, occurred_at, received_at)
SELECT :'workspace', id, 1, 'delivered', 'created', id, md5(source)::uuid, 'form', 'generic', source, 'cpc',
       concat(source, '-', floor(20 * s)), concat('c', floor(20 * s)), at, at FROM made;

INSERT INTO fact_inquiry (workspace_id, id, version, result, direct, lead_id, entry_point, channel, provider, source,
    medium, campaign, campaign_id, occurred_at, received_at)
SELECT :'workspace', id, 1, 'created', false, id, md5(source)::uuid, 'form', 'generic', source, 'cpc',
       concat(source, '-', floor(20 * s)), concat('c', floor(20 * s)), at, at FROM made;

INSERT INTO fact_lead (workspace_id, id, version, status, entry_point, channel, provider, source, medium, campaign,
    campaign_id, product, region, temperature, score, completeness, owner_id, team_id, owners, loss_reason_id,
    inquiry_count, repeat, occurred_at, assigned_at, contacted_at, qualified_at, converted_at, disqualified_at,
    first_response_at, respond_by, passages, updated_at)
SELECT :'workspace', id, 4,
       CASE WHEN p < 0.2 THEN 'converted' WHEN p < 0.3 THEN 'qualified' WHEN p < 0.55 THEN 'disqualified'
            WHEN p < 0.85 THEN 'in_progress' ELSE 'assigned' END,
       md5(source)::uuid, 'form', 'generic', source, 'cpc', concat(source, '-', floor(20 * s)),
       concat('c', floor(20 * s)), concat('product ', floor(12 * t)), concat('region ', floor(20 * s)),
       (ARRAY['cold', 'warm', 'hot'])[1 + floor(3 * r)::int], 50, round(p::numeric, 2), owner_id, team_id,
       jsonb_build_array(jsonb_build_object('owner_id', owner_id, 'team_id', team_id, 'at', at)),
       CASE WHEN p >= 0.3 AND p < 0.55 THEN md5(concat('reason', floor(8 * t)))::uuid END, 1, q < 0.1, at, at,
       CASE WHEN p < 0.85 THEN contacted_at END, CASE WHEN p < 0.45 THEN qualified_at END,
       CASE WHEN p < 0.2 THEN converted_at END,
       CASE WHEN p >= 0.3 AND p < 0.55 THEN qualified_at + interval '1 hour' END,
       CASE WHEN p < 0.85 THEN contacted_at END, at + interval '15 minutes', '{}', qualified_at
FROM made;

INSERT INTO fact_deal (workspace_id, id, version, case_id, lead_id, status, pipeline_id, stage_id, loss_reason_id, amount,
    currency, probability, owner_id, team_id, owners, created_at, entered_stage_at, won_at, lost_at, reached, passages,
    updated_at)
SELECT :'workspace', md5(concat('deal', id))::uuid, 3, id, id,
       CASE WHEN p < 0.08 THEN 'won' WHEN p < 0.16 THEN 'lost' ELSE 'open' END,
       md5('pipeline')::uuid, md5(concat('stage', 1 + floor(4 * t)))::uuid,
       CASE WHEN p >= 0.08 AND p < 0.16 THEN md5(concat('reason', floor(8 * t)))::uuid END,
       round((1000 + 99000 * t)::numeric, 2), 'RUB', 0.4, owner_id, team_id,
       jsonb_build_array(jsonb_build_object('owner_id', owner_id, 'team_id', team_id, 'at', at)), converted_at,
       converted_at, CASE WHEN p < 0.08 THEN converted_at + interval '1 day' * exp(3 * s) END,
       CASE WHEN p >= 0.08 AND p < 0.16 THEN converted_at + interval '2 days' * exp(3 * s) END,
       jsonb_build_object(md5('stage0')::uuid, converted_at,
                          md5(concat('stage', 1 + floor(4 * t)))::uuid, converted_at + interval '1 day'),
       '{}', converted_at
FROM made WHERE p < 0.2;
COMMIT;
