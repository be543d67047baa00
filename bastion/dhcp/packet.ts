// DHCP packets (RFC 2131), as far as a bastion itself has to write and read them.
import { ipv4Text, parseIpv4 } from '../../common/ipv4.ts';
import { macDigits } from '../../common/mac.ts';

/** Values of option 53 (RFC 2132, 9.6). */
export const messageTypes = { discover: 1, offer: 2, request: 3, ack: 5 } as const;

export interface Packet {
  readonly fromServer: boolean;
  /** The client's choice, which answers repeat */
  readonly xid: number;
  readonly mac: string;
  /** What the client has already */
  readonly clientAddress: string;
  /** What the server offers */
  readonly yourAddress: string;
  /** Where the boot file is */
  readonly nextServer: string;
  readonly bootFile: string;
  readonly options: ReadonlyMap<number, Buffer>;
}

/** The fixed part, and the magic number that options follow. */
const FIXED = 236;
const MAGIC = 0x63825363;
const NOWHERE = '0.0.0.0';

type Request = Pick<Packet, 'xid' | 'mac' | 'options'> & Partial<Pick<Packet, 'clientAddress'>>;

/** A client's packet. It asks for an answer to all, as one without an address must. */
export function encodeRequest({ xid, mac, options, clientAddress = NOWHERE }: Request): Buffer {
  const fixed = Buffer.alloc(FIXED + 4);
  // A request, by Ethernet, whose addresses have six bytes.
  fixed.set([1, 1, 6, 0]);
  fixed.writeUInt32BE(xid, 4);
  fixed.writeUInt16BE(0x8000, 10);
  fixed.writeUInt32BE(parseIpv4(clientAddress) ?? 0, 12);
  fixed.write(macDigits(mac), 28, 'hex');
  fixed.writeUInt32BE(MAGIC, FIXED);
  const written = [...options].map(([code, value]) => Buffer.concat([Buffer.from([code, value.length]), value]));
  const packet = Buffer.concat([fixed, ...written, Buffer.from([255])]);
  // Relays and old servers drop what is shorter than a BOOTP packet.
  return Buffer.concat([packet, Buffer.alloc(Math.max(0, 300 - packet.length))]);
}

/** Undefined for what is no DHCP packet. */
export function decodePacket(bytes: Buffer): Packet | undefined {
  if (bytes.length < FIXED + 4 || bytes.readUInt32BE(FIXED) !== MAGIC) return undefined;
  const address = (at: number) => ipv4Text(bytes.readUInt32BE(at));
  return {
    fromServer: bytes[0] === 2,
    xid: bytes.readUInt32BE(4),
    mac: bytes.toString('hex', 28, 34).match(/../g)!.join(':'),
    clientAddress: address(12),
    yourAddress: address(16),
    nextServer: address(20),
    bootFile: bytes.toString('latin1', 108, FIXED).replace(/\0.*$/s, ''),
    options: optionsIn(bytes.subarray(FIXED + 4)),
  };
}

/** What is cut off in its middle is left out. */
function optionsIn(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length && bytes[at] !== 255;) {
    const size = bytes[at] === 0 ? -1 : (bytes[at + 1] ?? 0);
    if (size >= 0 && at + 2 + size <= bytes.length) options.set(bytes[at]!, bytes.subarray(at + 2, at + 2 + size));
    at += 2 + size;
  }
  return options;
}
