-- Turbo, the new system: the tables of its four phases. `_imported` tells rows that came from Tybalt from
-- rows that were made or changed here. One file for both databases.

-- Phase "users"

CREATE TABLE users (
    id        text PRIMARY KEY,
    username  text NOT NULL UNIQUE,
    email     text NOT NULL UNIQUE,
    verified  boolean NOT NULL,
    _imported boolean NOT NULL DEFAULT false
);

CREATE TABLE profiles (
    id         text PRIMARY KEY,
    uid        text NOT NULL UNIQUE REFERENCES users (id),
    given_name text NOT NULL,
    surname    text NOT NULL,
    manager    text REFERENCES users (id),
    _imported  boolean NOT NULL DEFAULT false
);

CREATE TABLE admin_profiles (
    id              text PRIMARY KEY,
    uid             text NOT NULL UNIQUE REFERENCES users (id),
    work_week_hours integer NOT NULL,
    charge_out_rate numeric(8,2) NOT NULL,
    _imported       boolean NOT NULL DEFAULT false
);

-- Which user a uid of the old system's sign-in stands for.
CREATE TABLE "_externalAuths" (
    id          text PRIMARY KEY,
    record_id   text NOT NULL REFERENCES users (id),
    provider    text NOT NULL,
    provider_id text NOT NULL,
    _imported   boolean NOT NULL DEFAULT false,
    UNIQUE (provider, provider_id)
);

CREATE TABLE user_claims (
    id        text PRIMARY KEY,
    uid       text NOT NULL REFERENCES users (id),
    claim     text NOT NULL,
    _imported boolean NOT NULL DEFAULT false,
    UNIQUE (uid, claim)
);

CREATE TABLE mileage_reset_dates (
    id         text PRIMARY KEY,
    reset_date date NOT NULL UNIQUE,
    _imported  boolean NOT NULL DEFAULT false
);

-- Phase "jobs"

CREATE TABLE clients (
    id                        text PRIMARY KEY,
    name                      text NOT NULL,
    business_development_lead text REFERENCES users (id),
    _imported                 boolean NOT NULL DEFAULT false
);

CREATE TABLE client_contacts (
    id         text PRIMARY KEY,
    client     text NOT NULL REFERENCES clients (id),
    given_name text NOT NULL,
    surname    text NOT NULL,
    email      text,
    _imported  boolean NOT NULL DEFAULT false
);

CREATE TABLE jobs (
    id          text PRIMARY KEY,
    number      text NOT NULL UNIQUE,
    description text NOT NULL,
    client      text NOT NULL REFERENCES clients (id),
    contact     text REFERENCES client_contacts (id),
    manager     text REFERENCES users (id),
    status      text NOT NULL CHECK (status IN ('Active', 'Closed', 'Cancelled')),
    _imported   boolean NOT NULL DEFAULT false
);

CREATE TABLE categories (
    id        text PRIMARY KEY,
    job       text NOT NULL REFERENCES jobs (id),
    name      text NOT NULL,
    _imported boolean NOT NULL DEFAULT false,
    UNIQUE (job, name)
);

CREATE TABLE job_time_allocations (
    id        text PRIMARY KEY,
    job       text NOT NULL REFERENCES jobs (id),
    division  text NOT NULL,
    hours     numeric(8,1) NOT NULL,
    _imported boolean NOT NULL DEFAULT false,
    UNIQUE (job, division)
);

-- Phase "expenses"

CREATE TABLE vendors (
    id        text PRIMARY KEY,
    name      text NOT NULL,
    status    text NOT NULL,
    _imported boolean NOT NULL DEFAULT false
);

CREATE TABLE purchase_orders (
    id        text PRIMARY KEY,
    po_number text NOT NULL UNIQUE,
    vendor    text NOT NULL REFERENCES vendors (id),
    job       text REFERENCES jobs (id),
    uid       text NOT NULL REFERENCES users (id),
    ordered   date NOT NULL,
    total     numeric(10,2) NOT NULL,
    _imported boolean NOT NULL DEFAULT false
);

CREATE TABLE expenses (
    id             text PRIMARY KEY,
    uid            text NOT NULL REFERENCES users (id),
    job            text REFERENCES jobs (id),
    category       text REFERENCES categories (id),
    purchase_order text REFERENCES purchase_orders (id),
    spent          date NOT NULL,
    total          numeric(10,2) NOT NULL,
    description    text NOT NULL,
    _imported      boolean NOT NULL DEFAULT false
);

-- Phase "time"

CREATE TABLE time_sheets (
    id          text PRIMARY KEY,
    uid         text NOT NULL REFERENCES users (id),
    week_ending date NOT NULL,
    approved    boolean NOT NULL,
    _imported   boolean NOT NULL DEFAULT false,
    UNIQUE (uid, week_ending)
);

CREATE TABLE time_entries (
    id          text PRIMARY KEY,
    time_sheet  text NOT NULL REFERENCES time_sheets (id),
    job         text REFERENCES jobs (id),
    worked      date NOT NULL,
    hours       numeric(4,1) NOT NULL,
    description text,
    _imported   boolean NOT NULL DEFAULT false
);
CREATE INDEX time_entries_time_sheet ON time_entries (time_sheet);

CREATE TABLE time_amendments (
    id         text PRIMARY KEY,
    time_sheet text NOT NULL REFERENCES time_sheets (id),
    creator    text NOT NULL REFERENCES users (id),
    worked     date NOT NULL,
    hours      numeric(4,1) NOT NULL,
    _imported  boolean NOT NULL DEFAULT false
);
