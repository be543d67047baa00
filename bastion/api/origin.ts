// Whom the API listens to: machines, that call the bastion by an address or a name of its own, and never a page in a
// browser. A page's site may name an address of the bastion as its own, but it cannot make the browser call it by address.
import type { IncomingMessage } from 'node:http';
import { hostname } from 'node:os';
import { createOriginCheck, type OriginRefusal } from '../../common/browserOrigin.ts';

/** The check for a bastion that listens on `host`. */
export function originCheck({
  host,
  allowedHosts = [],
}: {
  host: string;
  allowedHosts?: readonly string[];
}): (request: IncomingMessage) => OriginRefusal | undefined {
  return createOriginCheck({
    program: 'lab-bastion',
    variables: { hosts: 'BASTION_ALLOWED_HOSTS' },
    // By any address: rebinding takes a name, and between machines and bastion addresses may be translated.
    host: '0.0.0.0',
    allowedHosts: [host, hostname(), ...allowedHosts],
    allowedOrigins: [],
  });
}
