-- Data that every master begins with. A slave gets it from its master's backup instead.
-- cutover: manual
INSERT INTO status (name, for_table, sort) VALUES
    ('new', 'events', 1), ('draft', 'events', 2), ('published', 'events', 3), ('trash', 'events', 9),
    ('new', 'posts', 1), ('draft', 'posts', 2), ('published', 'posts', 3), ('trash', 'posts', 9);
INSERT INTO tags (name) VALUES ('theatre'), ('dance'), ('music'), ('workshop'), ('festival');
