import { readFile } from 'node:fs/promises';
import { accessToken, type Call, carries, problem } from '@quickstep/shared/http';
import { StartError } from '@quickstep/shared/service';

/** What a caller may do: read, or also act. */
export type Role = 'reader' | 'operator';

export interface Caller {
  readonly role: Role;
  /** As the caller gives it in `X-Operator`; stands in the audit. */
  readonly name: string;
}

export const COOKIE = 'quickstep';
/** Letters, digits and what e-mail addresses and account names have. */
const NAME = /^[\w.@+ -]{1,100}$/;
/** Who gives no name, or none that is taken. */
export const UNNAMED = 'unnamed';

/** @param secret what stands in the file that `INSTALLATION_SECRET_FILE` names */
export function roleToken(secret: string, role: Role): string {
  return accessToken(secret, `operations ${role}`);
}

function tokenOf({ request: { headers } }: Call): string | undefined {
  if (headers.authorization !== undefined) return headers.authorization;
  const cookies = (headers.cookie ?? '').split(';').map((each) => each.trim());
  const own = cookies.find((each) => each.startsWith(`${COOKIE}=`));
  return own && `Bearer ${own.slice(COOKIE.length + 1)}`;
}

function nameOf({ request }: Call): string {
  const given = request.headers['x-operator'];
  return typeof given === 'string' && NAME.test(given) ? given : UNNAMED;
}

/** Who may use the operations API: whoever carries a token made of the installation's secret, in a header or in the console's cookie. */
export class Access {
  readonly #tokens: Readonly<Record<Role, string>> | undefined;

  /** @param secret without it the API is closed */
  constructor(secret: string | undefined) {
    this.#tokens =
      secret === undefined ? undefined : { reader: roleToken(secret, 'reader'), operator: roleToken(secret, 'operator') };
  }

  /** @throws StartError when the file cannot be read or is empty */
  static async fromFile(file: string | undefined): Promise<Access> {
    if (file === undefined) return new Access(undefined);
    const secret = await readFile(file, 'utf8').catch(() => '');
    if (secret.trim() === '') throw new StartError('INSTALLATION_SECRET_FILE names no file with a secret in it that can be read');
    return new Access(secret);
  }

  /** The role that a token gives. */
  roleOf(token: string): Role | undefined {
    return this.#roleOf(`Bearer ${token}`);
  }

  /** @throws Problem `unauthorized` or `forbidden` */
  require(call: Call, role: Role): Caller {
    const given = this.#roleOf(tokenOf(call));
    if (given === undefined) throw this.#unauthorized();
    if (role === 'operator' && given !== 'operator') throw problem('forbidden', 'A reader may not do this: sign in as operator');
    return { role: given, name: nameOf(call) };
  }

  #roleOf(authorization: string | undefined): Role | undefined {
    if (this.#tokens === undefined) return undefined;
    if (carries(authorization, this.#tokens.operator)) return 'operator';
    return carries(authorization, this.#tokens.reader) ? 'reader' : undefined;
  }

  #unauthorized() {
    const detail =
      this.#tokens === undefined
        ? 'The operations API is closed, as this service knows no INSTALLATION_SECRET_FILE'
        : 'Send Authorization: Bearer with a token of this installation, or open the console with the link that npm run ops -- console prints';
    return problem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="operations"' } });
  }
}
