CREATE TABLE kinds (kind text PRIMARY KEY, weight double precision);
CREATE TABLE items (id bigint PRIMARY KEY, kind text REFERENCES kinds, price numeric(12,2), sold timestamptz, made date,
                    open boolean, code uuid, raw bytea, seen timestamp, imported boolean NOT NULL);
