-- The tables of nycflights13: all flights that left New York City's airports in 2013. `imported` tells
-- rows that came from the exports from rows made here.

CREATE TABLE airlines (
    carrier  text PRIMARY KEY,
    name     text NOT NULL,
    imported boolean NOT NULL DEFAULT false
);

CREATE TABLE airports (
    faa      text PRIMARY KEY,
    name     text NOT NULL,
    lat      real,
    lon      real,
    alt      integer,
    tz       integer,
    dst      text,
    tzone    text,
    imported boolean NOT NULL DEFAULT false
);

CREATE TABLE planes (
    tailnum      text PRIMARY KEY,
    year         integer,
    type         text,
    manufacturer text,
    model        text,
    engines      integer,
    seats        integer,
    speed        integer,
    engine       text,
    imported     boolean NOT NULL DEFAULT false
);

CREATE TABLE weather (
    origin     text NOT NULL,
    time_hour  timestamptz NOT NULL,
    year       integer,
    month      integer,
    day        integer,
    hour       integer,
    temp       real,
    dewp       real,
    humid      real,
    wind_dir   integer,
    wind_speed real,
    wind_gust  real,
    precip     real,
    pressure   real,
    visib      real,
    imported   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (origin, time_hour)
);

CREATE TABLE flights (
    flight_id      integer PRIMARY KEY,
    year           integer,
    month          integer,
    day            integer,
    dep_time       integer,
    sched_dep_time integer,
    dep_delay      integer,
    arr_time       integer,
    sched_arr_time integer,
    arr_delay      integer,
    carrier        text NOT NULL REFERENCES airlines (carrier),
    flight         integer,
    tailnum        text REFERENCES planes (tailnum),
    origin         text NOT NULL REFERENCES airports (faa),
    dest           text NOT NULL REFERENCES airports (faa),
    air_time       integer,
    distance       integer,
    hour           integer,
    minute         integer,
    time_hour      timestamptz,
    imported       boolean NOT NULL DEFAULT false
);
CREATE INDEX flights_tailnum ON flights (tailnum);
