CREATE TABLE weather (station text NOT NULL, taken timestamp NOT NULL, temp double precision, PRIMARY KEY (station, taken));
CREATE TABLE reading (station text NOT NULL, taken timestamp NOT NULL, n integer NOT NULL, note text,
    UNIQUE (station, taken, n), FOREIGN KEY (station, taken) REFERENCES weather (station, taken));
