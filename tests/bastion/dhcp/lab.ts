// A site in network namespaces: a bridge where the bastion is, and a machine's end of it.
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodePacket, encodeRequest, messageTypes, type Packet } from '../../../bastion/dhcp/packet.ts';

/** Namespaces belong to root; where tests do not run as root, they ask for it without a password. */
export const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];

const ip = (...args: string[]): void => {
  const [command, ...rest] = [...asRoot, 'ip', ...args];
  execFileSync(command!, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** One end of a wire: the namespace that it is in, its name there, and its address. */
interface End {
  readonly namespace: string;
  readonly link: string;
  readonly address: string;
}

function connect(here: End, there: End): void {
  const peer = ['peer', 'name', there.link, 'netns', there.namespace];
  ip('-n', here.namespace, 'link', 'add', here.link, 'type', 'veth', ...peer);
  for (const { namespace, link, address } of [here, there]) {
    ip('-n', namespace, 'addr', 'add', address, 'dev', link);
    for (const one of [link, 'lo']) ip('-n', namespace, 'link', 'set', one, 'up');
  }
}

const inside = (namespace: string): string[] => [...asRoot, 'ip', 'netns', 'exec', namespace];

/** Makes namespaces, and removes them when what is done in them fails. */
function withNamespaces<T>(names: readonly string[], lay: () => T): T & { remove(): void } {
  const remove = () => {
    for (const name of names) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made.
      }
    }
  };
  try {
    for (const name of names) ip('netns', 'add', name);
    return { ...lay(), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

export interface Wire {
  /** What runs a command where the bastion is */
  readonly bastion: readonly string[];
  /** What runs a command where the machines are */
  readonly machines: readonly string[];
  remove(): void;
}

let made = 0;

/** Two namespaces with a wire between them: `lan0` with the bastion's address at one end, `eth0` at the other. */
export function layWire(address: string, machine: string): Wire {
  const name = `lab${process.pid}n${made++}`;
  const [here, there] = [`${name}b`, `${name}m`];
  return withNamespaces([here, there], () => {
    connect({ namespace: here, link: 'lan0', address }, { namespace: there, link: 'eth0', address: machine });
    ip('-n', there, 'route', 'add', '255.255.255.255', 'dev', 'eth0');
    return { bastion: inside(here), machines: inside(there) };
  });
}

/** A wire to a router, `up0` there, and one from it to machines of another network, `far0` there. */
export interface RelayedWire extends Wire {
  /** What runs a command on the router */
  readonly router: readonly string[];
}

export function layRelayedWire(): RelayedWire {
  const name = `lab${process.pid}n${made++}`;
  const [here, between, there] = [`${name}b`, `${name}r`, `${name}m`];
  return withNamespaces([here, between, there], () => {
    connect(
      { namespace: here, link: 'lan0', address: '10.77.0.1/24' },
      { namespace: between, link: 'up0', address: '10.77.0.254/24' },
    );
    connect(
      { namespace: between, link: 'far0', address: '10.99.0.1/25' },
      { namespace: there, link: 'eth0', address: '10.99.0.100/25' },
    );
    ip('-n', here, 'route', 'add', '10.99.0.0/25', 'via', '10.77.0.254');
    ip('-n', there, 'route', 'add', '255.255.255.255', 'dev', 'eth0');
    return { bastion: inside(here), router: inside(between), machines: inside(there) };
  });
}

/** What a kind of client says of itself: its vendor class, and more options. */
export interface Firmware {
  readonly vendor?: string;
  readonly architecture?: number;
  readonly ipxe?: boolean;
}

export interface Station {
  /** Asks for an offer; undefined when none comes in time. */
  discover(mac: string, firmware: Firmware): Promise<Packet | undefined>;
  /** Takes what was offered; the acknowledgement. */
  request(mac: string, firmware: Firmware, offer: Packet): Promise<Packet | undefined>;
  /** Asks a boot server, as firmware does that has an address. */
  askBootServer(mac: string, firmware: Firmware, offer: Packet, own: string): Promise<Packet | undefined>;
  close(): void;
}

/** What firmware sends in option 43 when it asks for the first boot server of a menu (PXE 2.1, 2.4). */
const menuItem = (offer: Packet): [number, Buffer][] => {
  const menu = offer.options.get(43);
  const at = menu?.indexOf(Buffer.from([8, 7])) ?? -1;
  return menu && at >= 0 ? [[43, Buffer.from([71, 4, menu[at + 2]!, menu[at + 3]!, 0, 0, 255])]] : [];
};

/** A machine's end of a wire, from which any MAC may ask. */
export async function openStation(wire: Pick<Wire, 'machines'>, patience = 400): Promise<Station> {
  const [command, ...args] = [...wire.machines, process.execPath, 'tests/bastion/dhcp/udp.mjs', '68'];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const arrived: Packet[] = [];
  const ready = new Promise<void>((resolve) =>
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { hex } = JSON.parse(line) as { hex?: string };
      const packet = hex === undefined ? undefined : decodePacket(Buffer.from(hex, 'hex'));
      if (packet?.fromServer) arrived.push(packet);
      resolve();
    }),
  );
  await ready;
  let xid = 1000;
  type More = { options?: [number, Buffer][]; clientAddress?: string; to?: string; toPort?: number };
  const ask = async (type: number, mac: string, firmware: Firmware, more: More = {}): Promise<Packet | undefined> => {
    xid += 1;
    const { options = [], clientAddress, to = '255.255.255.255', toPort = 67 } = more;
    const all = new Map([[53, Buffer.from([type])], ...optionsOf(firmware), ...options]);
    const hex = encodeRequest({ xid, mac, options: all, ...(clientAddress ? { clientAddress } : {}) }).toString('hex');
    child.stdin.write(`${JSON.stringify({ hex, to, toPort })}\n`);
    for (let waited = 0; waited < patience; waited += 10) {
      const answer = arrived.find((packet) => packet.xid === xid);
      if (answer) return answer;
      await sleep(10);
    }
    return undefined;
  };
  return {
    discover: (mac, firmware) => ask(messageTypes.discover, mac, firmware),
    request: (mac, firmware, offer) => {
      const address = Buffer.from(offer.yourAddress.split('.').map(Number));
      const options: [number, Buffer][] = [
        [50, address],
        [54, offer.options.get(54)!],
      ];
      return ask(messageTypes.request, mac, firmware, { options });
    },
    askBootServer: (mac, firmware, offer, own) => {
      const server = [...offer.options.get(54)!].join('.');
      const more = { clientAddress: own, to: server, toPort: 4011, options: menuItem(offer) };
      return ask(messageTypes.request, mac, firmware, more);
    },
    close: () => void child.stdin.end(),
  };
}

function optionsOf({ vendor, architecture, ipxe }: Firmware): [number, Buffer][] {
  const asked = Buffer.from([1, 3, 6, 12, 15, 43, 60, 66, 67, 175]);
  return [
    [55, asked],
    ...(vendor === undefined ? [] : ([[60, Buffer.from(vendor)]] as [number, Buffer][])),
    ...(architecture === undefined
      ? []
      : ([
          [93, Buffer.from([0, architecture])],
          [94, Buffer.from([1, 3, 16])],
          [97, Buffer.alloc(17)],
        ] as [number, Buffer][])),
    ...(ipxe
      ? ([
          [77, Buffer.from('iPXE')],
          [175, Buffer.from([176, 1, 1])],
        ] as [number, Buffer][])
      : []),
  ];
}
