CREATE TABLE kinds (kind text PRIMARY KEY, weight double);
CREATE TABLE items (id integer PRIMARY KEY, kind text REFERENCES kinds, price decimal_text(12,2), sold timestamptz, made date,
                    open boolean, code uuid, raw blob, seen timestamp, imported boolean NOT NULL);
