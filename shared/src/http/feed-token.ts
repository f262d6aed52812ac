import { createHmac, timingSafeEqual } from 'node:crypto';

const PURPOSE = 'quickstep log feed';

/**
 * What opens the feeds of an installation, as `Authorization: Bearer <token>`: made of the installation's secret, which it does not
 * give away, so that whoever may read the file can make it.
 *
 * @param secret what stands in the file that `INSTALLATION_SECRET_FILE` names
 */
export function feedToken(secret: string): string {
  return createHmac('sha256', secret.trim()).update(PURPOSE).digest('base64url');
}

/** Whether an `Authorization` header carries the token; takes the same time whatever it carries. */
export function carries(authorization: string | undefined, token: string): boolean {
  const given = createHmac('sha256', PURPOSE)
    .update(authorization ?? '')
    .digest();
  const wanted = createHmac('sha256', PURPOSE).update(`Bearer ${token}`).digest();
  return timingSafeEqual(given, wanted);
}
