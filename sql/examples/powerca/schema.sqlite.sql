-- The cloud: the desktop's tables, with the foreign keys that the desktop lacks. The last three have a key of the
-- cloud's own, and what tells their rows apart on both sides is unique. Rows that the app makes are 'M' by default.

CREATE TABLE orgmaster (
    org_id     integer PRIMARY KEY,
    org_name   text NOT NULL,
    source     text DEFAULT 'M'
);

CREATE TABLE locmaster (
    loc_id     integer PRIMARY KEY,
    org_id     integer REFERENCES orgmaster,
    loc_name   text NOT NULL,
    source     text DEFAULT 'M'
);

CREATE TABLE conmaster (
    con_id     integer PRIMARY KEY,
    con_name   text NOT NULL,
    phone      text,
    source     text DEFAULT 'M'
);

CREATE TABLE climaster (
    client_id   integer PRIMARY KEY,
    org_id      integer REFERENCES orgmaster,
    con_id      integer REFERENCES conmaster,
    client_name text NOT NULL,
    phone       text,
    source      text DEFAULT 'M'
);

CREATE TABLE cliunimaster (
    cliu_id    integer PRIMARY KEY,
    client_id  integer REFERENCES climaster,
    unit_name  text NOT NULL,
    source     text DEFAULT 'M'
);

CREATE TABLE taskmaster (
    task_id    integer PRIMARY KEY,
    task_name  text NOT NULL,
    source     text DEFAULT 'M'
);

CREATE TABLE jobmaster (
    job_id     integer PRIMARY KEY,
    job_name   text NOT NULL,
    source     text DEFAULT 'M'
);

CREATE TABLE mbstaff (
    staff_id   integer PRIMARY KEY,
    loc_id     integer REFERENCES locmaster,
    staff_name text NOT NULL,
    source     text DEFAULT 'M'
);

CREATE TABLE jobshead (
    job_id     integer PRIMARY KEY,
    client_id  integer NOT NULL REFERENCES climaster,
    kind_id    integer REFERENCES jobmaster,
    staff_id   integer REFERENCES mbstaff,
    due_date   date,
    status     text NOT NULL,
    updated_at timestamp,
    source     text DEFAULT 'M'
);

CREATE TABLE reminder (
    rem_id     integer PRIMARY KEY,
    staff_id   integer REFERENCES mbstaff,
    client_id  integer REFERENCES climaster,
    note       text NOT NULL,
    due_date   date,
    updated_at timestamp,
    source     text DEFAULT 'M'
);

CREATE TABLE remdetail (
    remd_id    integer PRIMARY KEY,
    rem_id     integer NOT NULL REFERENCES reminder,
    detail     text NOT NULL,
    updated_at timestamp,
    source     text DEFAULT 'M'
);

CREATE TABLE learequest (
    lea_id     integer PRIMARY KEY,
    staff_id   integer NOT NULL REFERENCES mbstaff,
    first_day  date,
    last_day   date,
    status     text NOT NULL,
    updated_at timestamp,
    source     text DEFAULT 'M'
);

CREATE TABLE jobtasks (
    jt_id      integer PRIMARY KEY,
    job_id     integer NOT NULL REFERENCES jobshead,
    task_id    integer NOT NULL REFERENCES taskmaster,
    staff_id   integer REFERENCES mbstaff,
    minutes    integer CHECK (minutes >= 0),
    status     text NOT NULL,
    source     text DEFAULT 'M',
    UNIQUE (job_id, task_id)
);

CREATE TABLE taskchecklist (
    tc_id      integer PRIMARY KEY,
    job_id     integer NOT NULL,
    task_id    integer NOT NULL,
    item_no    integer NOT NULL,
    item       text NOT NULL,
    done       boolean NOT NULL,
    source     text DEFAULT 'M',
    UNIQUE (job_id, task_id, item_no),
    FOREIGN KEY (job_id, task_id) REFERENCES jobtasks (job_id, task_id)
);

CREATE TABLE workdiary (
    wd_id      integer PRIMARY KEY,
    staff_id   integer NOT NULL REFERENCES mbstaff,
    job_id     integer NOT NULL REFERENCES jobshead,
    work_date  date NOT NULL,
    minutes    integer,
    note       text,
    source     text DEFAULT 'M',
    UNIQUE (staff_id, job_id, work_date)
);
