import { createHash, randomBytes } from 'node:crypto';

const SALT_BYTES = 4;

/** As RabbitMQ keeps it: salt, then SHA-256 of salt and password, in Base64 (https://www.rabbitmq.com/docs/passwords#computing-password-hash). */
export function hashedPassword(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest();
  return Buffer.concat([salt, digest]).toString('base64');
}
