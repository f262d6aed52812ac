import { type Role, roleToken } from '@quickstep/operations-service/access';

/**
 * Signs the browser in. Whoever has it has the role: it is told to a terminal, never to a log.
 *
 * @param operationsUrl of the operations service, without a slash at the end
 * @param secret what stands in the file that `INSTALLATION_SECRET_FILE` names
 */
export function consoleUrl(operationsUrl: string, secret: string, role: Role): string {
  return `${operationsUrl}/?token=${roleToken(secret, role)}`;
}
