import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A token for one purpose, as `Authorization: Bearer <token>`: made of the installation's secret, which it does not give away, so that
 * whoever may read the file can make it.
 *
 * @param secret what stands in the file that `INSTALLATION_SECRET_FILE` names
 */
export function accessToken(secret: string, purpose: string): string {
  return createHmac('sha256', secret.trim()).update(`quickstep ${purpose}`).digest('base64url');
}

/** What opens the feeds of the services' logs. */
export function feedToken(secret: string): string {
  return accessToken(secret, 'log feed');
}

const COMPARED = 'compared in constant time';

/** Whether an `Authorization` header carries the token; takes the same time whatever it carries. */
export function carries(authorization: string | undefined, token: string): boolean {
  const given = createHmac('sha256', COMPARED)
    .update(authorization ?? '')
    .digest();
  const wanted = createHmac('sha256', COMPARED).update(`Bearer ${token}`).digest();
  return timingSafeEqual(given, wanted);
}
