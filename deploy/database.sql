-- The login, the four roles and the database of one service; may be repeated. psql variables: login, password.
-- The login enters the roles with SET LOCAL ROLE and reads nothing by itself: a plain grant would lend it the policies
-- of every role and end the isolation of workspaces. The owner role owns the database; migrations run in it.
SELECT format('CREATE ROLE %I NOLOGIN', :'login' || '_' || role)
FROM unnest(ARRAY['app', 'worker', 'owner', 'search']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login' || '_' || role) \gexec
SELECT format('CREATE ROLE %I LOGIN', :'login') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'login') \gexec
ALTER ROLE :"login" PASSWORD :'password';
SELECT format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', :'login' || '_' || role, :'login')
FROM unnest(ARRAY['app', 'worker', 'owner', 'search']) AS role \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'login', :'login' || '_owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'login') \gexec
REVOKE CONNECT ON DATABASE :"login" FROM PUBLIC;
GRANT CONNECT, CREATE ON DATABASE :"login" TO :"login"; -- CREATE lets a migration add trusted extensions
-- analytics makes read-only logins for BI tools; it can change no role but those that it made.
SELECT format('ALTER ROLE %I CREATEROLE', :'login') WHERE :'login' = 'leadflow_analytics' \gexec
