-- A warehouse of repair orders: money in cents, instants in UTC, dates of the shops' calendar.
CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO shops VALUES (6212, 'JJ AUTO'), (7301, 'Second Street Garage');

CREATE TABLE employees (id INTEGER PRIMARY KEY, shop_id INTEGER REFERENCES shops, first_name TEXT, last_name TEXT, role INTEGER, status TEXT, updated_at TIMESTAMPTZ);
CREATE TABLE customers (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, email TEXT, phone TEXT, city TEXT);
CREATE TABLE vehicles (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customers, vin TEXT, year INTEGER, make TEXT, model TEXT);

CREATE TABLE repair_orders (
    id              INTEGER PRIMARY KEY,
    shop_id         INTEGER NOT NULL REFERENCES shops,
    ro_number       INTEGER NOT NULL,
    status          TEXT NOT NULL,
    customer_id     INTEGER REFERENCES customers,
    vehicle_id      INTEGER REFERENCES vehicles,
    advisor_id      INTEGER REFERENCES employees,
    created_at      TIMESTAMPTZ NOT NULL,
    updated_at      TIMESTAMPTZ NOT NULL,
    posted_date     DATE,
    their_gp_cents  INTEGER
);

CREATE TABLE jobs (
    id              INTEGER PRIMARY KEY,
    repair_order_id INTEGER NOT NULL REFERENCES repair_orders ON DELETE CASCADE,
    technician_id   INTEGER REFERENCES employees,
    name            TEXT NOT NULL,
    authorized      BOOLEAN NOT NULL
);

CREATE TABLE job_parts (
    id              INTEGER PRIMARY KEY,
    job_id          INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id INTEGER NOT NULL REFERENCES repair_orders,
    name            TEXT,
    quantity        INTEGER NOT NULL,
    cost_cents      INTEGER NOT NULL,
    retail_cents    INTEGER NOT NULL
);

CREATE TABLE job_labor (
    id              INTEGER PRIMARY KEY,
    job_id          INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id INTEGER NOT NULL REFERENCES repair_orders,
    technician_id   INTEGER REFERENCES employees,
    name            TEXT,
    hours           NUMERIC(6,2) NOT NULL,
    rate_cents      INTEGER NOT NULL
);

CREATE TABLE job_sublets (
    id              INTEGER PRIMARY KEY,
    job_id          INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id INTEGER NOT NULL REFERENCES repair_orders,
    name            TEXT,
    cost_cents      INTEGER NOT NULL,
    retail_cents    INTEGER NOT NULL
);

CREATE TABLE job_fees (
    id              INTEGER PRIMARY KEY,
    job_id          INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE,
    repair_order_id INTEGER NOT NULL REFERENCES repair_orders,
    fee_type        TEXT NOT NULL,
    amount_cents    INTEGER NOT NULL
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
    repair_order_id INTEGER NOT NULL REFERENCES repair_orders ON DELETE CASCADE,
    status          TEXT NOT NULL,
    posted_date     DATE,
    their_gp_cents  INTEGER,
    taken_at        TIMESTAMPTZ NOT NULL
);

-- What we make of it ourselves.
CREATE VIEW labor_profit AS
SELECT id, repair_order_id, technician_id, hours, CAST(round(hours * rate_cents) AS INTEGER) AS labor_cents FROM job_labor;

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
    shop_id INTEGER REFERENCES shops, metric_date DATE, orders INTEGER NOT NULL, revenue_cents INTEGER NOT NULL, gp_cents INTEGER NOT NULL,
    PRIMARY KEY (shop_id, metric_date)
);

CREATE TABLE tech_daily_metrics (
    technician_id INTEGER REFERENCES employees, metric_date DATE, labor_lines INTEGER NOT NULL, hours NUMERIC(6,2) NOT NULL, labor_cents INTEGER NOT NULL,
    PRIMARY KEY (technician_id, metric_date)
);

-- For dashboards: no name, no address.
CREATE VIEW customers_analytics AS
SELECT c.id, c.city, (SELECT count(*) FROM repair_orders r WHERE r.customer_id = c.id) AS orders FROM customers c;
