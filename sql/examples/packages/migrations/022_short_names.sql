-- Alpha: events get a short name, by which they will be found.
ALTER TABLE events ADD COLUMN short_name text;
UPDATE events SET short_name = substr(name, 1, 10);
CREATE UNIQUE INDEX events_by_short_name ON events (short_name);
