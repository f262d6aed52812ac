import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { type Problem, problem } from './problem.js';

const PORT = /:\d{1,5}$/;
/** Listening on these means listening on every address of the machine. */
const EVERYWHERE = ['0.0.0.0', '::'];
const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];
/** Of a page of this very service, and of no page at all (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header). */
const OWN_SITES = ['same-origin', 'none'];

const isLoopback = (name: string) => name === 'localhost' || name === '[::1]' || (isIPv4(name) && name.startsWith('127.'));
const isAddress = (name: string) => isIPv4(name) || (name.startsWith('[') && name.endsWith(']') && isIPv6(name.slice(1, -1)));
/** As it stands in a `Host` header. */
const hostName = (host: string) => (isIPv6(host) ? `[${host}]` : host).toLowerCase();

function misdirected(host: string): Problem {
  return problem(
    'misdirected_request',
    `This service is not known as "${host.slice(0, 100)}": ask for it by its address, or name it in ALLOWED_HOSTS`,
  );
}

/**
 * Says whether a request may be answered at all; undefined when it may.
 *
 * A page in somebody's browser can send requests to services on the same machine or network. Two things keep it from doing harm: a
 * request that comes under a name which is not ours is refused, as that is how a page makes its own name point here (DNS rebinding)
 * and then reads the answers; and so is one that changes something and that the browser says comes from another site. Programs send
 * neither `Origin` nor `Sec-Fetch-Site`.
 *
 * @param hosts names and addresses that it goes by, besides those of the loopback interface; with the address that means every one,
 * any address, but still no other name
 * @param origins of pages that may write although they are not ours
 */
export function admission(
  hosts: readonly string[],
  origins: readonly string[] = [],
): (request: IncomingMessage) => Problem | undefined {
  const names = new Set(hosts.map(hostName));
  const anyAddress = hosts.some((host) => EVERYWHERE.includes(host));
  /** Clients send the same value again and again. */
  let known: string | undefined;

  function isOurs(host: string): boolean {
    const name = host.replace(PORT, '').toLowerCase();
    return isLoopback(name) || (anyAddress ? isAddress(name) && !EVERYWHERE.includes(name) : false) || names.has(name);
  }

  const allowed = new Set(origins);
  return ({ headers: { host, origin, 'sec-fetch-site': site }, method = '', httpVersion }) => {
    if (host === undefined) {
      if (httpVersion === '1.0') return undefined;
      return problem('malformed_request', 'A request in HTTP/1.1 names its host');
    }
    if (host !== known) {
      if (!isOurs(host)) return misdirected(host);
      known = host;
    }
    if ((origin === undefined && site === undefined) || SAFE_METHODS.includes(method)) return undefined;
    if (origin !== undefined && allowed.has(origin)) return undefined;
    const fromElsewhere = typeof site === 'string' && !OWN_SITES.includes(site);
    const foreign = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
    if (!fromElsewhere && !foreign) return undefined;
    return problem(
      'cross_site_request',
      'Only a page of this service or of an origin in ALLOWED_ORIGINS, or a program that is no browser, may change anything here',
    );
  };
}
