// Who is at the other end of a request. What X-Forwarded-For and X-Forwarded-Proto say counts from the proxies that labd
// was told of, and from nobody else: anybody can write these headers.
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import { canonicalAddress } from '../../common/address.ts';

interface Peer {
  readonly address: string;
  /** Whether it came over TLS the whole way, as far as is known */
  readonly secure: boolean;
}

/** Reads who is at the other end of a request. */
type PeerReader = (request: IncomingMessage) => Peer;

/** Addresses and networks such as `10.0.0.0/8`, as a list to look in; undefined when one of them is neither. */
export function addressList(written: readonly string[]): BlockList | undefined {
  const list = new BlockList();
  for (const one of written) {
    const [address = '', bits] = one.split('/');
    const version = isIP(address);
    if (
      version === 0 ||
      (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)))
    )
      return undefined;
    list.addSubnet(address, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), `ipv${version as 4 | 6}`);
  }
  return list;
}

/** A forwarded address without its port; undefined when it is none. */
function addressIn(entry: string): string | undefined {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
  return isIP(bare) === 0 ? undefined : canonicalAddress(bare);
}

const entries = (header: string | string[] | undefined): string[] =>
  String(header ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const direct: PeerReader = ({ socket }) => ({
  address: socket.remoteAddress ?? '',
  secure: socket instanceof TLSSocket,
});

const READ = Symbol('peer of the request');
type Read = IncomingMessage & { [READ]?: Peer };

/** Notes on a request who is at its other end, when labd stands behind proxies of these addresses. */
export function createPeerNotes(proxies: readonly string[]): (request: IncomingMessage) => void {
  const list = addressList(proxies);
  const trusted = (address: string) =>
    list !== undefined && isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (request) => {
    const { address, secure } = direct(request);
    let seen = canonicalAddress(address);
    if (!trusted(seen)) return;
    const proto = entries(request.headers['x-forwarded-proto']).at(-1);
    // From the nearest on: each proxy vouches for whom it was called by.
    for (const entry of entries(request.headers['x-forwarded-for']).reverse()) {
      const next = trusted(seen) ? addressIn(entry) : undefined;
      if (next === undefined) break;
      seen = next;
    }
    (request as Read)[READ] = { address: seen, secure: proto === undefined ? secure : proto.toLowerCase() === 'https' };
  };
}

/** Who is at the other end of a request. */
export const peerOf: PeerReader = (request) => (request as Read)[READ] ?? direct(request);
