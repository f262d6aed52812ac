/** An administrator of a broker, at its management API. */
export interface BrokerAdministrator {
  /** Without credentials. */
  readonly managementUrl: string;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
}

interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
}

/** `call('/queues/{vhost}')`; `{vhost}` stands for the administrator's. @throws ManagementError unless it answers 2xx */
export type Management = <Answer>(path: string, options?: CallOptions) => Promise<Answer>;

/** RabbitMQ's management API has refused something. */
export class ManagementError extends Error {
  override readonly name = 'ManagementError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** For one answer: an import of definitions declares everything before it is given. Milliseconds. */
const TIMEOUT = 60_000;

/** Calls RabbitMQ's management API. @param timeout for one answer, in milliseconds */
export function managementOf(administrator: BrokerAdministrator, timeout = TIMEOUT): Management {
  const { managementUrl, user, password, vhost } = administrator;
  // `fetch` refuses credentials in a URL.
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return async (path, { method = 'GET', body } = {}) => {
    const asked = path.replaceAll('{vhost}', encodeURIComponent(vhost));
    const response = await fetch(`${managementUrl}/api${asked}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeout),
    });
    const text = await response.text();
    if (!response.ok)
      throw new ManagementError(response.status, `RabbitMQ answered ${response.status} to ${method} ${asked}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}
