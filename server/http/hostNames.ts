// The names and addresses that labd goes by: in its certificate, and in the Host of requests.
import { hostname, networkInterfaces } from 'node:os';
import { isIP } from 'node:net';
import { DNS_LABEL } from '../../common/dnsLabel.ts';

/** What labd is told of where it listens. */
export interface Listening {
  /** The address that TLS is served on */
  host: string;
  /** More names that labd goes by */
  allowedHosts: readonly string[];
}

/** What this machine is called, and its addresses. */
export interface Machine {
  hostname: string;
  addresses: readonly string[];
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const WILDCARD: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const DNS_NAME = new RegExp(`^(?=.{1,253}$)${DNS_LABEL}(?:\\.${DNS_LABEL})*$`, 'i');

/** Whether an address is every address that there is. */
export const isWildcard = (host: string): boolean => WILDCARD.has(host);

/** Whether only this machine reaches an address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** This machine, as it is now. */
export function thisMachine(): Machine {
  const addresses = Object.values(networkInterfaces())
    .flatMap((interfaces) => interfaces ?? [])
    // Link-local addresses are left out: other machines may have the same on other links.
    .filter(({ address, scopeid }) => !scopeid && !address.startsWith('fe80:'))
    .map(({ address }) => address);
  return { hostname: hostname(), addresses };
}

/** Names besides those that labd was given: the machine's own, where others reach it. */
export const ownNames = (host: string, machine: Machine): string[] => (isLoopback(host) ? [] : [machine.hostname]);

/** All that stands in labd's certificate, in order, so that two lists can be compared. */
export function certificateNames({ host, allowedHosts }: Listening, machine: Machine): string[] {
  const names = [
    ...LOOPBACK,
    ...(isWildcard(host) ? machine.addresses : [host]),
    ...ownNames(host, machine),
    ...allowedHosts,
  ];
  const sound = names.filter((name) => isIP(name) !== 0 || DNS_NAME.test(name));
  return [...new Set(sound.map((name) => name.toLowerCase()))].sort();
}
