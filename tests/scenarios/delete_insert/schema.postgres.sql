CREATE TABLE line (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, product text REFERENCES product (code), qty integer, note text,
    imported boolean NOT NULL DEFAULT false);
CREATE TABLE remark (id integer PRIMARY KEY, line_id bigint REFERENCES line (id) ON DELETE CASCADE, body text);
INSERT INTO line (product, qty, note) VALUES ('A', 1, 'made here');
