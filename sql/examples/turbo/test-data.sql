-- What the developers' test database holds: a little of everything, of no value.
INSERT INTO users (id, username, email, verified) VALUES ('test1', 'tester', 'tester@example.com', true);
INSERT INTO clients (id, name, business_development_lead) VALUES ('test1', 'Test client', 'test1');
INSERT INTO jobs (id, number, description, client, status) VALUES ('test1', '00-0001', 'Test job', 'test1', 'Active');
INSERT INTO vendors (id, name, status) VALUES ('test1', 'Test vendor', 'Active');
