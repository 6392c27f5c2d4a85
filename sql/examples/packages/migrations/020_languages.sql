ALTER TABLE projects ADD COLUMN lang text NOT NULL DEFAULT 'de';
ALTER TABLE events ADD COLUMN lang text;
UPDATE events SET lang = 'de';
