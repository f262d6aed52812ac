-- Runs once, when the volume is empty. The services' role creates their databases, and nothing more; the superuser keeps no password,
-- so that it can only be used from inside the container: docker compose exec postgres psql -U postgres
\getenv password POSTGRES_PASSWORD
create role quickstep login createdb password :'password';
alter role postgres password null;
