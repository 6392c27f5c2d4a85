CREATE TABLE order_snapshot (snapshot_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id integer NOT NULL REFERENCES orders (id), status text, total integer,
    kind text NOT NULL, taken_at timestamptz NOT NULL, taken_on date);
CREATE TABLE line_snapshot (order_id integer, no integer, status integer);
