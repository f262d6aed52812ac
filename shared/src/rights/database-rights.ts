import { escapeIdentifier, escapeLiteral } from 'pg';

/** Tables of which a service only reads, or only reads and adds to; it may do everything with the rows of all others. */
const READ_ONLY = ['migrations'];
const APPEND_ONLY = ['event_log', 'idempotency_secret'];

const listed = (names: readonly string[]) => names.map(escapeIdentifier).join(', ');

/**
 * Makes a role that may do nothing but log in, or gives it another password. Run by a superuser or with CREATEROLE (which may not so much as
 * mention SUPERUSER or REPLICATION), once for a server.
 */
export function roleStatement(role: string, password: string): string {
  const name = escapeIdentifier(role);
  return `do $role$ begin
    if not exists (select from pg_roles where rolname = ${escapeLiteral(role)}) then create role ${name}; end if;
  end $role$;
  alter role ${name} login password ${escapeLiteral(password)};`;
}

function connectStatements(role: string, database: string): string[] {
  return [
    `revoke all on database ${escapeIdentifier(database)} from public`,
    `grant connect on database ${escapeIdentifier(database)} to ${escapeIdentifier(role)}`,
    'revoke all on schema public from public',
  ];
}

/** For a service that makes tables at run time: it migrates, and owns what it makes, in its own database and nowhere else. */
export function ownSchemaStatements(role: string, database: string): string[] {
  return [...connectStatements(role, database), `grant usage, create on schema public to ${escapeIdentifier(role)}`];
}

/**
 * What a service needs in its own database, and nobody else may do there; run by the owner of the database, in it, whenever migrations
 * have run. Who connects to another service's database is refused.
 */
export function grantStatements(role: string, database: string): string[] {
  const to = `to ${escapeIdentifier(role)}`;
  const from = `from ${escapeIdentifier(role)}`;
  return [
    ...connectStatements(role, database),
    `grant usage on schema public ${to}`,
    `grant select, insert, update, delete on all tables in schema public ${to}`,
    `revoke insert, update, delete on ${listed(READ_ONLY)} ${from}`,
    `revoke update, delete on ${listed(APPEND_ONLY)} ${from}`,
    // Written through their parent, whose rights are what counts then.
    `do $partitions$ declare partition regclass; begin
      for partition in select inhrelid::regclass from pg_inherits where inhparent = 'event_log'::regclass loop
        execute format('revoke all on %s ${from.replaceAll("'", "''")}', partition);
      end loop;
    end $partitions$`,
    `grant usage, select on all sequences in schema public ${to}`,
    `grant execute on function keep_event_log_partitions(integer) ${to}`,
    // From 17 on; before, only the owner may vacuum, and the outbox is left to autovacuum.
    `do $maintain$ begin
      if current_setting('server_version_num')::integer >= 170000 then execute ${escapeLiteral(`grant maintain on outbox ${to}`)}; end if;
    end $maintain$`,
  ];
}
