-- A warehouse of repair orders: money in cents, instants in UTC, dates of the shops' calendar.
CREATE TABLE shops (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO shops VALUES (6212, 'JJ AUTO'), (7301, 'Second Street Garage');

CREATE TABLE employees (id integer PRIMARY KEY, shop_id integer REFERENCES shops, first_name text, last_name text, role integer, status text, updated_at timestamptz);
CREATE TABLE customers (id integer PRIMARY KEY, first_name text, last_name text, email text, phone text, city text);
CREATE TABLE vehicles (id integer PRIMARY KEY, customer_id integer REFERENCES customers, vin text, year integer, make text, model text);

CREATE TABLE repair_orders (
    id              integer PRIMARY KEY,
    shop_id         integer NOT NULL REFERENCES shops,
    ro_number       integer NOT NULL,
    status          text NOT NULL,
    customer_id     integer REFERENCES customers,
    vehicle_id      integer REFERENCES vehicles,
    advisor_id      integer REFERENCES employees,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    posted_date     date,
    their_gp_cents  bigint
);

CREATE TABLE jobs (
    id              integer PRIMARY KEY,
    repair_order_id integer NOT NULL REFERENCES repair_orders ON DELETE CASCADE,
    technician_id   integer REFERENCES employees,
    name            text NOT NULL,
    authorized      boolean NOT NULL
);

CREATE TABLE job_parts (
    id              bigint PRIMARY KEY,
    job_id          integer NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id integer NOT NULL REFERENCES repair_orders,
    name            text,
    quantity        integer NOT NULL,
    cost_cents      bigint NOT NULL,
    retail_cents    bigint NOT NULL
);

CREATE TABLE job_labor (
    id              bigint PRIMARY KEY,
    job_id          integer NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id integer NOT NULL REFERENCES repair_orders,
    technician_id   integer REFERENCES employees,
    name            text,
    hours           numeric(6,2) NOT NULL,
    rate_cents      bigint NOT NULL
);

CREATE TABLE job_sublets (
    id              bigint PRIMARY KEY,
    job_id          integer NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id integer NOT NULL REFERENCES repair_orders,
    name            text,
    cost_cents      bigint NOT NULL,
    retail_cents    bigint NOT NULL
);

CREATE TABLE job_fees (
    id              bigint PRIMARY KEY,
    job_id          integer NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id integer NOT NULL REFERENCES repair_orders,
    fee_type        text NOT NULL,
    amount_cents    bigint NOT NULL
);

CREATE INDEX jobs_by_order ON jobs (repair_order_id);
CREATE INDEX parts_by_job ON job_parts (job_id);
CREATE INDEX parts_by_order ON job_parts (repair_order_id);
CREATE INDEX labor_by_job ON job_labor (job_id);
CREATE INDEX labor_by_order ON job_labor (repair_order_id);
CREATE INDEX sublets_by_job ON job_sublets (job_id);
CREATE INDEX sublets_by_order ON job_sublets (repair_order_id);
CREATE INDEX fees_by_job ON job_fees (job_id);
CREATE INDEX fees_by_order ON job_fees (repair_order_id);

CREATE TABLE ro_snapshots (
    repair_order_id integer NOT NULL REFERENCES repair_orders ON DELETE CASCADE,
    status          text NOT NULL,
    posted_date     date,
    their_gp_cents  bigint,
    taken_at        timestamptz NOT NULL
);

-- What we make of it ourselves.
CREATE VIEW labor_profit AS
SELECT id, repair_order_id, technician_id, hours, CAST(round(hours * rate_cents) AS bigint) AS labor_cents FROM job_labor;

CREATE VIEW order_profit AS
SELECT r.id, r.shop_id, r.posted_date, r.status, r.their_gp_cents,
       coalesce((SELECT sum(quantity * retail_cents) FROM job_parts p WHERE p.repair_order_id = r.id), 0)
     + coalesce((SELECT sum(labor_cents) FROM labor_profit l WHERE l.repair_order_id = r.id), 0)
     + coalesce((SELECT sum(retail_cents) FROM job_sublets s WHERE s.repair_order_id = r.id), 0)
     + coalesce((SELECT sum(amount_cents) FROM job_fees f WHERE f.repair_order_id = r.id), 0) AS revenue_cents,
       coalesce((SELECT sum(quantity * (retail_cents - cost_cents)) FROM job_parts p WHERE p.repair_order_id = r.id), 0)
     + coalesce((SELECT sum(labor_cents) FROM labor_profit l WHERE l.repair_order_id = r.id), 0)
     + coalesce((SELECT sum(retail_cents - cost_cents) FROM job_sublets s WHERE s.repair_order_id = r.id), 0)
     + coalesce((SELECT sum(amount_cents) FROM job_fees f WHERE f.repair_order_id = r.id), 0) AS gp_cents
FROM repair_orders r;

CREATE TABLE daily_shop_metrics (
    shop_id integer REFERENCES shops, metric_date date, orders bigint NOT NULL, revenue_cents bigint NOT NULL, gp_cents bigint NOT NULL,
    PRIMARY KEY (shop_id, metric_date)
);

CREATE TABLE tech_daily_metrics (
    technician_id integer REFERENCES employees, metric_date date, labor_lines bigint NOT NULL, hours numeric(6,2) NOT NULL, labor_cents bigint NOT NULL,
    PRIMARY KEY (technician_id, metric_date)
);

-- For dashboards: no name, no address.
CREATE VIEW customers_analytics AS
SELECT c.id, c.city, (SELECT count(*) FROM repair_orders r WHERE r.customer_id = c.id) AS orders FROM customers c;
