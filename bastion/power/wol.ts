// Wakes machines over the network: a packet with their MAC to everybody on the bastion's networks.
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { ipv4Text, maskOf, parseIpv4 } from '../../common/ipv4.ts';
import { normaliseMac } from '../../common/mac.ts';
import { unable } from '../../common/power/actions.ts';
import type { Driver, Machine, Powered } from './driver.ts';
import { PowerTrouble } from './trouble.ts';

const PORT = 9;
/** Nobody answers, and a packet may be lost. */
const TIMES = 3;

/** Six bytes of ones, then the MAC sixteen times. */
export function magicPacket(mac: string): Buffer {
  const bytes = Buffer.from(mac.replaceAll(':', ''), 'hex');
  return Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => bytes)]);
}

interface Network {
  readonly address: string;
  readonly broadcast: string;
}

/** The networks of these interfaces; of all when none is named. */
export function networksOf(interfaces: readonly string[], all = networkInterfaces()): Network[] {
  return Object.entries(all).flatMap(([name, addresses = []]) =>
    interfaces.length > 0 && !interfaces.includes(name)
      ? []
      : addresses.flatMap(({ family, internal, address, cidr }) => {
          const [own, bits] = [parseIpv4(address), Number(cidr?.split('/')[1] ?? 32)];
          if (family !== 'IPv4' || internal || own === undefined || bits > 30) return [];
          const mask = maskOf(bits);
          return [{ address, broadcast: ipv4Text(((own & mask) | ~mask) >>> 0) }];
        }),
  );
}

function send({ address, broadcast }: Network, packets: readonly Buffer[]): Promise<void> {
  const socket = createSocket('udp4');
  return new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, address, () => {
      socket.setBroadcast(true);
      const sent = packets.map(
        (packet) =>
          new Promise<void>((done, fail) =>
            socket.send(packet, PORT, broadcast, (error) => (error ? fail(error) : done())),
          ),
      );
      Promise.all(sent).then(() => resolve(), reject);
    });
  }).finally(() => socket.close());
}

async function wake({ macs }: Machine, interfaces: readonly string[]): Promise<Powered> {
  const networks = networksOf(interfaces);
  // The packet has room for addresses of Ethernet alone.
  const packets = macs
    .filter((mac) => normaliseMac(mac) !== null)
    .flatMap((mac) => Array.from({ length: TIMES }, () => magicPacket(mac)));
  const sent = await Promise.allSettled(networks.map((network) => send(network, packets)));
  const reached = networks.filter((_, at) => sent[at]!.status === 'fulfilled');
  if (reached.length === 0) {
    const [failed] = sent.flatMap((one) => (one.status === 'rejected' ? [String((one.reason as Error).message)] : []));
    throw new PowerTrouble(`No packet that wakes could be sent: ${failed ?? 'the bastion has no network with IPv4'}.`);
  }
  const where = reached.map(({ broadcast }) => broadcast).join(', ');
  return { state: 'UNKNOWN', message: `It was called to wake on ${where}. Whether it did, Wake-on-LAN does not tell.` };
}

/** `interfaces`: those on which the bastion serves machines; all without any. */
export function wol(interfaces: readonly string[]): Driver {
  const cannot = (action: 'off' | 'cycle' | 'status') => () =>
    Promise.reject<Powered>(new PowerTrouble(unable('wol', action) ?? ''));
  const on = (machine: Machine) => wake(machine, interfaces);
  // What it boots from is its firmware's to say.
  const netboot = async (machine: Machine) => {
    const { state, message } = await on(machine);
    return {
      state,
      message: `${message} Its firmware has to have the network first, and one that is on stays as it is.`,
    };
  };
  return { on, netboot, off: cannot('off'), cycle: cannot('cycle'), status: cannot('status') };
}
