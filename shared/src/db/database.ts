import { Client, DatabaseError, escapeIdentifier } from 'pg';

/** invalid_catalog_name, duplicate_database, unique_violation (of pg_database), insufficient_privilege. */
const MISSING = '3D000';
const EXISTS = ['42P04', '23505'];
const FORBIDDEN = '42501';

/** With a connection for a few statements, which is closed again whatever becomes of them. */
export async function withClient<Result>(url: string, use: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  // Without a listener a connection that breaks between two statements ends the process; the next statement fails anyway.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end();
  }
}

async function isMissing(url: string): Promise<boolean> {
  try {
    await withClient(url, async () => undefined);
    return false;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === MISSING) return true;
    throw error;
  }
}

/**
 * Creates the database that the URL names, when it is missing. Two processes may do so at the same time.
 *
 * @throws Error when the role may not create databases; it says what to run. TypeError when the URL names no database
 */
export async function ensureDatabase(url: string): Promise<void> {
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  if (name === '') throw new TypeError('The PostgreSQL URL names no database: add /<database> after host and port');
  if (!(await isMissing(url))) return;
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  try {
    await withClient(maintenance.href, (client) => client.query(`create database ${escapeIdentifier(name)}`));
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code === undefined) throw error;
    if (EXISTS.includes(error.code)) return;
    if (error.code !== FORBIDDEN) throw error;
    const role = decodeURIComponent(target.username) || 'your role';
    const statement = `create database ${escapeIdentifier(name)} owner ${escapeIdentifier(role)};`;
    throw new Error(`The database "${name}" is missing and "${role}" may not create it. As an administrator run: ${statement}`);
  }
}
