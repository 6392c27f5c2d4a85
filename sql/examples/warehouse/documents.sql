-- What the shops' system answers on day :day of three: made-up repair orders, as documents. Day 1 is the whole history (2,000
-- orders of two shops), days 2 and 3 what changed since. One line per document.
CREATE TEMP TABLE ro AS
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2030),
changed AS (
    SELECT i,
        CASE WHEN i > 2020 THEN 3 WHEN i > 2000 THEN 2 ELSE 1 END AS born,
        -- The day of the last change up to now.
        CASE WHEN i > 2020 THEN 3 WHEN i > 2000 THEN 2
             WHEN :day >= 3 AND (i % 40 IN (2, 3, 6) OR i = 1777) THEN 3
             WHEN :day >= 2 AND (i % 40 IN (2, 3, 6) OR i % 80 = 0) THEN 2
             ELSE 1 END AS at_day
    FROM n)
SELECT i, 100000 + i AS id, CASE WHEN i % 2 = 1 THEN 6212 ELSE 7301 END AS shop, at_day,
    CASE WHEN i > 2000 THEN 'ESTIMATE'
         WHEN i % 40 = 2 AND at_day = 3 THEN 'COMPLETE'
         WHEN i % 40 = 2 AND at_day = 2 THEN 'POSTED'
         WHEN i % 40 = 3 AND at_day = 3 THEN 'POSTED'
         WHEN i % 40 = 3 AND at_day = 2 THEN 'WORKINPROGRESS'
         ELSE CASE i % 4 WHEN 0 THEN 'POSTED' WHEN 1 THEN 'COMPLETE' WHEN 2 THEN 'WORKINPROGRESS' ELSE 'ESTIMATE' END END AS status,
    -- A new job with the first change of some; of others a job goes on day 3.
    1 + i % 3 + (i % 40 = 3 AND at_day >= 2) - (i % 40 = 6 AND at_day = 3 AND i % 3 > 0) AS jobs,
    -- The new orders are of customers and vehicles that others only name.
    CASE WHEN i > 2000 THEN 8 + (i - 2001) % 12 * 50 ELSE 1 + i % 600 END AS customer,
    CASE WHEN i > 2000 THEN 59 + (i - 2001) % 7 * 100 ELSE 1 + i % 700 END AS vehicle
FROM changed WHERE born <= :day AND at_day = :day;

CREATE TEMP TABLE job AS
WITH RECURSIVE j(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM j WHERE n < 4)
SELECT ro.i, ro.id AS ro_id, ro.shop, ro.at_day, j.n, ro.id * 10 + j.n AS id, 1 + (ro.i + j.n) % 3 - (ro.i % 40 = 6 AND ro.at_day = 2 AND j.n = 1 AND (ro.i + 1) % 3 > 0) AS parts
FROM ro JOIN j ON j.n <= ro.jobs;
CREATE INDEX temp.job_ro ON job (ro_id);

-- Cents, so that sums are exact; the documents carry decimals.
CREATE TEMP TABLE part AS
WITH RECURSIVE k(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM k WHERE n < 3)
SELECT job.id AS job_id, job.ro_id, job.id * 10 + k.n AS id, 1 + k.n % 2 AS quantity, 500 + (job.id * 7 + k.n * 131) % 9000 AS cost, 900 + (job.id * 7 + k.n * 131) % 9000 * 8 / 5 AS retail
FROM job JOIN k ON k.n <= job.parts;
CREATE INDEX temp.part_job ON part (job_id);
CREATE INDEX temp.part_ro ON part (ro_id);

CREATE TEMP TABLE labor AS
SELECT job.id AS job_id, job.ro_id, job.id * 10 + 1 AS id, 1 + (job.i + job.n) % 4 AS half_hours, 15000 AS rate, job.shop * 100 + 11 + (job.i + job.n) % 6 AS technician FROM job;
CREATE INDEX temp.labor_job ON labor (job_id);
CREATE INDEX temp.labor_ro ON labor (ro_id);

CREATE TEMP TABLE sublet AS
SELECT job.id AS job_id, job.ro_id, job.id * 10 + 1 AS id, 4000 + job.i % 100 AS cost, 6000 + job.i % 100 AS retail FROM job WHERE (job.i + job.n) % 11 = 0;
CREATE INDEX temp.sublet_job ON sublet (job_id);
CREATE INDEX temp.sublet_ro ON sublet (ro_id);

CREATE TEMP TABLE fee AS
SELECT job.id AS job_id, job.ro_id, job.id * 10 + 1 AS id, CASE job.n % 2 WHEN 1 THEN 'shop_supplies' ELSE 'environmental' END AS kind, 450 AS amount FROM job;
CREATE INDEX temp.fee_job ON fee (job_id);
CREATE INDEX temp.fee_ro ON fee (ro_id);

CREATE TEMP TABLE document AS
SELECT ro.shop, ro.i, json_object(
    'id', ro.id, 'shopId', ro.shop, 'repairOrderNumber', ro.i, 'status', json_object('name', ro.status),
    'createdDate', printf('2026-11-%02dT%02d:30:00-06:00', 1 + ro.i % 9, 7 + ro.i % 10),
    -- The last of each day change in the same second.
    'updatedDate', printf('2026-11-%02dT%02d:%02d:00Z', 9 + ro.at_day, 10 + ro.i % 12, CASE WHEN ro.i % 12 = 11 THEN 59 ELSE ro.i % 60 END),
    'postedDate', CASE WHEN ro.status IN ('POSTED', 'COMPLETE') THEN printf('2026-11-%02dT03:15:00Z', CASE ro.i % 40 WHEN 2 THEN 11 WHEN 3 THEN 12 ELSE 2 + ro.i % 8 END) END,
    -- Some orders only name their customer or vehicle, which another order carries.
    'customerId', ro.customer,
    'customer', CASE WHEN ro.i % 50 = 7 THEN NULL ELSE json_object('id', ro.customer, 'firstName', 'First ' || ro.customer, 'lastName', 'Last ' || ro.customer,
        'email', 'c' || ro.customer || '@example.org', 'phone', printf('555-%04d', ro.customer), 'city', CASE ro.customer % 3 WHEN 0 THEN 'Springfield' ELSE 'Shelbyville' END) END,
    'vehicleId', ro.vehicle,
    'vehicle', CASE WHEN ro.i < 2001 AND ro.i % 100 = 58 THEN NULL ELSE json_object('id', ro.vehicle, 'customerId', 1 + ro.vehicle % 600, 'vin', printf('1HGCM%012d', ro.vehicle), 'year', 2000 + ro.vehicle % 24, 'make', CASE ro.vehicle % 2 WHEN 0 THEN 'Honda' ELSE 'Ford' END, 'model', 'Model ' || (ro.vehicle % 9)) END,
    'serviceAdvisorId', ro.shop * 100 + 1 + ro.i % 4,
    -- Their own sum; in one order it is five dollars off.
    'grossProfit', (coalesce((SELECT sum(quantity * (retail - cost)) FROM part WHERE part.ro_id = ro.id), 0)
        + coalesce((SELECT sum(half_hours * rate / 2) FROM labor WHERE labor.ro_id = ro.id), 0)
        + coalesce((SELECT sum(retail - cost) FROM sublet WHERE sublet.ro_id = ro.id), 0)
        + coalesce((SELECT sum(amount) FROM fee WHERE fee.ro_id = ro.id), 0) + CASE ro.i WHEN 1232 THEN 500 ELSE 0 END) / 100.0,
    'jobs', json((SELECT json_group_array(json_object('id', job.id, 'name', 'Job ' || job.n, 'authorized', json(CASE WHEN (job.i + job.n) % 5 = 0 THEN 'false' ELSE 'true' END), 'technicianId', job.shop * 100 + 11 + (job.i + job.n) % 6,
        'parts', json((SELECT json_group_array(json_object('id', part.id, 'name', 'Part ' || (part.id % 97), 'quantity', part.quantity,
            -- One price has a tenth of a cent too many until day 3; half of the costs are texts.
            'cost', CASE WHEN part.id % 2 = 0 THEN printf('%.2f', part.cost / 100.0) ELSE part.cost / 100.0 END,
            'retail', CASE WHEN part.ro_id = 101777 AND ro.at_day = 1 AND part.id % 10 = 1 AND part.job_id % 10 = 1 THEN part.retail / 100.0 + 0.001 ELSE part.retail / 100.0 END)) FROM part WHERE part.job_id = job.id)),
        'labor', json((SELECT json_group_array(json_object('id', labor.id, 'name', 'Labor', 'hours', labor.half_hours / 2.0, 'rate', labor.rate / 100.0, 'technicianId', labor.technician)) FROM labor WHERE labor.job_id = job.id)),
        'sublets', json((SELECT json_group_array(json_object('id', sublet.id, 'name', 'Towing', 'cost', sublet.cost / 100.0, 'retail', sublet.retail / 100.0)) FROM sublet WHERE sublet.job_id = job.id)),
        'fees', json((SELECT json_group_array(json_object('id', fee.id, 'type', fee.kind, 'amount', fee.amount / 100.0)) FROM fee WHERE fee.job_id = job.id)))
        ) FROM job WHERE job.ro_id = ro.id))) AS text
FROM ro;

-- Who works there; two advisors are in the list from day 2 on only, although orders name them before.
CREATE TEMP TABLE employee AS
WITH RECURSIVE shop(id) AS (VALUES (6212), (7301)), n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 16)
SELECT json_object('id', shop.id * 100 + n.i, 'shopId', shop.id, 'firstName', 'Worker ' || n.i, 'lastName', 'of ' || shop.id,
    'role', CASE WHEN n.i <= 4 THEN 2 WHEN n.i = 5 THEN 4 WHEN n.i < 11 THEN 1 ELSE 3 END, 'status', 'ACTIVE',
    'updatedDate', printf('2026-11-%02dT12:00:00Z', CASE n.i WHEN 4 THEN 11 ELSE 1 + n.i % 9 END)) AS text
FROM shop, n WHERE :day > 1 OR n.i <> 4;
