// What templates say of the installed system's network: an address or DHCP, on an interface, a bond, or a VLAN over either.
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { normaliseMac } from '../mac.ts';
import { PlanError, type Reader } from './parameters.ts';

/** Linux takes these as names of interfaces, and no path or option is among them. */
const INTERFACE = /^[a-z][\w.-]{0,14}$/i;
/** Modes of bonding, as Linux's documentation of its driver has them. */
const MODES = ['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb'];

interface Port {
  readonly mac: string;
  /** From 1 */
  readonly number: number;
  readonly uuid: string;
}

interface BondValues {
  readonly name: string;
  readonly mode: string;
  readonly ports: readonly Port[];
}

export interface NetworkValues {
  /** Whether it is more than DHCP on the interface that the machine boots from */
  readonly isSaid: boolean;
  readonly dhcp: boolean;
  /** Null with DHCP; one of the two says the family */
  readonly ipv4: string | null;
  readonly ipv6: string | null;
  readonly gateway: string | null;
  readonly dns: readonly string[];
  readonly dns4: readonly string[];
  readonly dns6: readonly string[];
  /** Of the interface that has the address, or that the VLAN is on; with a bond, of its first port */
  readonly mac: string;
  readonly uuid: string;
  readonly bond: BondValues | null;
  readonly vlan: { readonly id: number; readonly name: string } | null;
  /** Addresses are on the interface itself, on the bond itself, or on the VLAN: one of the three */
  readonly onNic: boolean;
  readonly onBond: boolean;
}

export function networkOf(read: Reader, bootMac: string): NetworkValues {
  const bond = bondOf(read);
  const vlan = vlanOf(read);
  const mac = bond?.ports[0]?.mac ?? macOf(read, bootMac);
  const { ip, written, family } = addressOf(read);
  const dns = read.texts('dns').map((one) => checked('dns', one));
  return {
    isSaid: ip !== null || bond !== null || vlan !== null || dns.length > 0 || mac !== bootMac,
    dhcp: ip === null,
    ipv4: family === 4 ? written : null,
    ipv6: family === 6 ? written : null,
    gateway: gatewayOf(read, family),
    dns,
    dns4: dns.filter((one) => isIP(one) === 4),
    dns6: dns.filter((one) => isIP(one) === 6),
    mac,
    uuid: uuidOf(mac),
    bond,
    vlan,
    onNic: bond === null && vlan === null,
    onBond: bond !== null && vlan === null,
  };
}

function addressOf(read: Reader): { ip: string | null; written: string | null; family: number } {
  const address = read.text('address');
  if (address === null || address === 'dhcp') return { ip: null, written: null, family: 0 };
  const [ip = '', prefix = '', ...more] = address.split('/');
  const family = isIP(ip);
  const longest = family === 6 ? 128 : 32;
  if (family === 0 || ip.includes('%') || more.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > longest) {
    throw new PlanError(
      'address',
      'is not an address with the length of its prefix',
      'Set it to dhcp, or to one such as 192.168.8.20/24.',
    );
  }
  return { ip, written: `${ip}/${Number(prefix)}`, family };
}

function gatewayOf(read: Reader, family: number): string | null {
  const gateway = read.text('gateway');
  if (gateway === null) return null;
  if (family === 0) throw new PlanError('gateway', 'is set, and address is dhcp', 'Set address as well, or neither.');
  if (isIP(checked('gateway', gateway)) === family) return gateway;
  throw new PlanError('gateway', 'is of another family than address', `Set it to an IPv${family} address.`);
}

/** An address alone. */
function checked(name: string, text: string): string {
  if (isIP(text) !== 0 && !text.includes('%')) return text;
  throw new PlanError(name, 'has what is not an IP address', 'Write addresses such as 192.168.8.1.');
}

function macOf(read: Reader, bootMac: string): string {
  const given = read.text('interface');
  if (given === null) return bootMac;
  const mac = normaliseMac(given);
  if (mac !== null) return mac;
  throw new PlanError('interface', 'is not a MAC address', 'Set it to the address of one interface of the machine.');
}

function vlanOf(read: Reader): NetworkValues['vlan'] {
  const id = read.number('vlan');
  if (id === null) return null;
  if (id >= 1 && id <= 4094) return { id, name: `vlan${id}` };
  throw new PlanError('vlan', `is ${id}`, 'VLANs are numbered from 1 to 4094.');
}

function bondOf(read: Reader): BondValues | null {
  const bond = read.bond('bond');
  if (bond === null) return null;
  if (!INTERFACE.test(bond.name))
    throw new PlanError('bond', 'has a name that no interface may have', 'Call it bond0, say.');
  if (!MODES.includes(bond.mode))
    throw new PlanError('bond', 'has a mode that Linux does not know', `Its modes are ${MODES.join(', ')}.`);
  const macs = [...new Set(bond.macs.map((mac) => normaliseMac(mac)!))];
  return {
    name: bond.name,
    mode: bond.mode,
    ports: macs.map((mac, index) => ({ mac, number: index + 1, uuid: uuidOf(mac) })),
  };
}

/** The same for the same interface: NetworkManager tells connections apart by it. */
function uuidOf(mac: string): string {
  const hex = createHash('sha256').update(`lab ${mac}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
