// A lease is news of a machine: its interface has another address than it reported.
import { isWithin, parseIpv4, parseSubnet } from '../../common/ipv4.ts';
import type { MachineReportInput } from '../generated/documents.ts';
import type { DhcpSighting } from './log.ts';
import type { ServedNetwork } from './site.ts';

/** What firmware and its loaders say of themselves (PXE 2.1, 2.2.3; UEFI 2.10, 24.7): their addresses are gone in a minute. */
const BOOTING = /^(?:PXE|HTTP)Client/;

/**
 * The machine's last report with the address that it now has, in place of those of the same network; undefined when that
 * is no news, or nobody knows the interface.
 */
export function reportOfLease(
  report: MachineReportInput | undefined,
  { event, mac, ip, vendorClass }: DhcpSighting,
  networks: readonly Pick<ServedNetwork, 'cidr'>[],
): MachineReportInput | undefined {
  const address = event === 'leased' && ip !== undefined ? parseIpv4(ip) : undefined;
  const nic = report?.nics?.find((one) => one.mac === mac);
  if (!report?.nics || !nic || ip === undefined || address === undefined || BOOTING.test(vendorClass ?? ''))
    return undefined;
  const isOf = (cidr: string, one: number) => {
    const subnet = parseSubnet(cidr);
    return subnet !== undefined && isWithin(one, subnet);
  };
  const network = networks.find(({ cidr }) => isOf(cidr, address));
  const before = nic.addresses ?? [];
  if (!network || nic.ip === ip) return undefined;
  const others = before.filter((one) => {
    const old = parseIpv4(one.split('/')[0] ?? '');
    return old === undefined || !isOf(network.cidr, old);
  });
  const addresses = [`${ip}/${network.cidr.split('/')[1]}`, ...others];
  return { ...report, nics: report.nics.map((one) => (one === nic ? { ...nic, ip, addresses } : one)) };
}
