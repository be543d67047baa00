// The address that a machine is to have which no DHCP server gives one to: a disc that is made for it says it, in iPXE's words,
// as arguments of the ramdisk's kernel, and in the question what to boot, so that what is booted then has it too.
import { isIPv4 } from 'node:net';
import { ipv4Text, maskOf } from '../../common/ipv4.ts';
import { InvalidInput } from '../../common/userError.ts';

export interface Fixed {
  /** With the length of its prefix, such as 192.168.8.20/24 */
  readonly address: string;
  readonly gateway?: string | undefined;
  readonly dns?: readonly string[] | undefined;
  /** The number of the VLAN that it is on */
  readonly vlan?: number | undefined;
}

type Pair = readonly [name: string, value: string];

const pairsOf = ({ address, gateway, dns = [], vlan }: Fixed): readonly Pair[] => [
  ['address', address],
  ...(gateway === undefined ? [] : [['gateway', gateway] as const]),
  ...(dns.length === 0 ? [] : [['dns', dns.join(',')] as const]),
  ...(vlan === undefined ? [] : [['vlan', String(vlan)] as const]),
];

/** What the ramdisk's kernel is told of it. */
export const fixedWords = (fixed: Fixed | undefined): string[] =>
  fixed ? pairsOf(fixed).map(([name, value]) => `bastion.${name}=${value}`) : [];

/** What is asked for besides, behind the rest of a question. */
export const fixedQuery = (fixed: Fixed): string =>
  pairsOf(fixed)
    .map(([name, value]) => `&${name}=${value}`)
    .join('');

/** What iPXE is told of it: its settings, which have the mask itself. */
export function fixedSettings({ address, gateway, dns = [] }: Fixed): readonly Pair[] {
  const [ip = '', bits] = address.split('/');
  return [
    ['ip', ip],
    ['netmask', ipv4Text(maskOf(Number(bits)))],
    ...(gateway === undefined ? [] : [['gateway', gateway] as const]),
    ...dns.slice(0, 1).map((server) => ['dns', server] as const),
  ];
}

/** As it is asked with; undefined where it is not. Throws InvalidInput: it becomes arguments of a kernel. */
export function fixedIn(query: URLSearchParams): Fixed | undefined {
  const of = (name: string, does: (value: string) => boolean): string | undefined => {
    const value = query.get(name) ?? undefined;
    if (value === undefined || does(value)) return value;
    throw new InvalidInput(
      name,
      `${name} is not what a disc was made with`,
      'Make it anew: lab bastion iso --server NAME.',
    );
  };
  const address = of('address', (value) => {
    const [ip = '', bits = '', ...more] = value.split('/');
    return isIPv4(ip) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32 && more.length === 0;
  });
  const gateway = of('gateway', isIPv4);
  const dns = of('dns', (value) => value.split(',').every(isIPv4))?.split(',');
  const vlan = of('vlan', (value) => /^[1-9]\d{0,3}$/.test(value));
  return address === undefined ? undefined : { address, gateway, dns, vlan: vlan === undefined ? vlan : Number(vlan) };
}
