-- cutover: manual
INSERT INTO places VALUES (2, ' Demo ');
