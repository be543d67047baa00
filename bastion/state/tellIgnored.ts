// Says in the bastion's log what of a machine's report could not be taken: once, for as long as the machine reports the same.
import type { StoreLogger } from '../../common/logger.ts';
import type { Machines } from './machines.ts';
import type { SpoolItem } from './said.ts';

/** Before the item is applied: what the machine reported last tells what is said already. */
export function tellIgnored({ body: { report } }: SpoolItem, machines: Machines, log: Pick<StoreLogger, 'warn'>): void {
  if (!report?.ignored) return;
  const told = new Set(machines.find(report.mac)?.report?.ignored?.map((one) => JSON.stringify(one)));
  for (const one of report.ignored.filter((field) => !told.has(JSON.stringify(field)))) {
    const what = one.field === '' ? one.reason : `${one.field} ${one.reason}`;
    log.warn({ mac: report.mac, ...one }, `What ${report.mac} reported is taken without what is odd in it: ${what}`);
  }
}
