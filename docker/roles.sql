-- Runs once, when the volume is empty. This role owns the services' databases and makes their roles, and nothing more; the superuser keeps no
-- password, so that it can only be used from inside the container: docker compose exec postgres psql -U postgres
\getenv password POSTGRES_PASSWORD
create role quickstep login createdb createrole password :'password';
-- A service connects to its own database only.
revoke connect, temporary on database postgres, template1 from public;
grant connect on database postgres to quickstep;
alter role postgres password null;
