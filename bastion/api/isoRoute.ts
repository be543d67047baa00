// What people ask of the bastion for machines that boot from no network: a disc.
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { demandRight } from '../../common/checked.ts';
import { RAMDISK } from '../../common/install/held.ts';
import { networkOf } from '../../common/install/network.ts';
import { PlanError, readerOf } from '../../common/install/parameters.ts';
import { commonParameters } from '../../common/install/profiles/parameters.ts';
import { resolveParameters } from '../../common/install/resolve.ts';
import { InvalidInput } from '../../common/userError.ts';
import type { Files } from '../files/files.ts';
import { buildIso, type DiscMachine } from '../iso/iso.ts';
import { RamdiskTrouble } from '../ramdisk/trouble.ts';
import { isLocal, primaryOf } from '../../common/hardware/addresses.ts';
import { readJson } from './body.ts';
import { fieldsOf, mac as readMac, requiredText, text, type Fields } from './fields.ts';
import { httpAddress } from './listener.ts';
import type { DemandPerson } from './people.ts';
import { badField, Refusal } from './refusal.ts';
import type { Route } from './route.ts';
import { telling } from './telling.ts';

/** Where machines reach the bastion. */
export interface Reach {
  /** The address that it was started with */
  readonly host: string;
  readonly port: () => number;
  /** Interfaces on which it serves DHCP */
  readonly interfaces: readonly string[];
}

export interface IsoRoute {
  readonly dir: string;
  readonly files: Files;
  /** Folders of iPXE binaries */
  readonly binaries: readonly string[];
  readonly reach: Reach;
  readonly demand: DemandPerson;
}

export const isoRoute = ({ dir, files, binaries, reach, demand }: IsoRoute): Route => ({
  method: 'POST',
  path: '/api/iso',
  async answer({ request }) {
    demand(request);
    const from = fieldsOf(await readJson(request));
    const given = text(from, 'url', 2_048);
    const url = given === undefined ? ownAddress(reach) : checked(given);
    const machine = from.values['machine'] == null ? undefined : machineIn(from.values['machine']);
    return telling(async () => {
      const [kernel, initrd] = await Promise.all(
        [RAMDISK.kernel, RAMDISK.initrd].map((path) => files.find(RAMDISK.tree, path)),
      );
      if (!kernel || !initrd)
        throw new RamdiskTrouble(
          'The ramdisk is not built, and the disc has it. Build it: lab bastion files build discovery',
        );
      const ramdisk = { kernel: kernel.path, initrd: initrd.path };
      const address = machine?.fixed?.address;
      return {
        url,
        ...(address === undefined ? {} : { address }),
        ...(await buildIso({ dir: join(dir, 'iso'), url, ramdisk, binaries, machine })),
      };
    });
  },
});

/** As other hosts reach it. Throws a Refusal when nobody can tell. */
function ownAddress({ host, port, interfaces }: Reach): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const own = networkInterfaces();
  const names = interfaces.length > 0 ? interfaces : Object.keys(own);
  const addresses = names.flatMap((name) =>
    (own[name] ?? []).flatMap(({ cidr, internal, family }) =>
      internal || family !== 'IPv4' || cidr === null ? [] : [cidr],
    ),
  );
  const address = everywhere ? primaryOf(addresses) : host;
  if (address !== undefined && !isLocal(address)) return httpAddress(address, port());
  throw badField(
    'url',
    `is not given, and ${host} is an address that no other machine reaches`,
    'Say how machines reach the bastion: --url http://10.0.0.1:8080. Or start it with --host 0.0.0.0.',
  );
}

function checked(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'http:' && parsed.pathname === '/' && parsed.search === '' && parsed.username === '')
    return parsed.origin;
  throw badField('url', 'is no address of a bastion', 'Send one such as http://10.0.0.1:8080: iPXE knows no TLS.');
}

function machineIn(value: unknown): DiscMachine {
  if (typeof value !== 'object' || value === null)
    throw badField('machine', 'is no machine', 'Send its name and its mac, or leave it out.');
  const from: Fields = { values: value as Record<string, unknown>, path: 'machine' };
  const name = requiredText(from, 'name');
  // It becomes the name of a file.
  if (!/^[\w][\w.-]*$/.test(name)) throw badField('machine.name', 'is no name', 'Send the name of a server.');
  const mac = readMac(from, 'mac');
  return { name, ...networkIn(from.values['install'], mac) };
}

/** Parameters of installs that say which address a machine has. */
const NETWORK = ['address', 'gateway', 'dns', 'interface', 'vlan', 'bond'];

/** The NIC that a machine asks by, and its address where that is fixed, by what its installs are told. Throws a Refusal. */
function networkIn(install: unknown, bootMac: string): Pick<DiscMachine, 'mac' | 'fixed'> {
  const told = typeof install === 'object' && install !== null ? Object.entries(install) : [];
  const values = Object.fromEntries(told.filter(([name]) => NETWORK.includes(name)));
  const declared = commonParameters.filter(({ name }) => NETWORK.includes(name));
  try {
    const layer = { from: 'the server', field: INSTALL, values };
    const resolved = Object.entries(demandRight(resolveParameters(declared, [layer])));
    const read = readerOf(Object.fromEntries(resolved.map(([name, { value }]) => [name, value])));
    const { mac, ipv4, gateway, dns4, vlan } = networkOf(read, bootMac);
    if (ipv4 === null) return { mac: bootMac };
    return { mac, fixed: { address: ipv4, gateway: gateway ?? undefined, dns: dns4, vlan: vlan?.id } };
  } catch (error) {
    if (error instanceof PlanError) throw wrongIn(`${INSTALL}.${error.parameter}`, error.problem, error.remedy);
    if (error instanceof InvalidInput) throw wrongIn(error.field, error.message, error.remedy);
    throw error;
  }
}

const INSTALL = 'machine.install';

const wrongIn = (field: string, problem: string, remedy: string): Refusal =>
  new Refusal(422, `${field}: ${problem.replace(/\.$/, '')}`, remedy, { field });
