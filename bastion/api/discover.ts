// Reads discovery reports as ramdisks post them, and turns them into the machine reports that labd takes.
import { IgnoredFields, type Ignored } from '../../common/hardware/ignored.ts';
import { asPosted, readHardware } from '../../common/hardware/report.ts';
import type { MachineReportInput } from '../generated/documents.ts';
import { fieldsOf, mac, present } from './fields.ts';

/** A report with room for what was left out of it, which is told in its last bytes. */
const TOLD = 24_000;

/**
 * Reads the body of a discovery report, into `most` bytes of JSON. Throws a Refusal for what is no object, and has no address
 * that it boots from; what else cannot be taken is left out, and told in `ignored`. Fields that it does not know say nothing.
 */
export function readMachineReport(body: unknown, most = Infinity): MachineReportInput {
  const from = fieldsOf(body);
  const ignored = new IgnoredFields();
  const whose = mac(from, 'mac');
  const { facts, disks, nics } = readHardware(from.values, asPosted, ignored);
  const source = 'discover';
  const report = present<MachineReportInput>({ mac: whose, ...facts, source, ignored: undefined });
  const room = { left: most - bytesOf(report) - TOLD };
  const parts = { nics: fitting('nics', nics, room, ignored), disks: fitting('disks', disks, room, ignored) };
  const told = ignored.list();
  return present<MachineReportInput>({ ...report, ...parts, ignored: told.length > 0 ? told : undefined });
}

/** What of a report was left out, for who posted it. */
export const ignoredIn = ({ ignored }: MachineReportInput): Pick<Ignored, 'field' | 'reason'>[] =>
  (ignored ?? []).map(({ field, reason }) => ({ field, reason }));

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) + 1;

/** As many of the first parts as there is room for. */
function fitting<P>(
  name: string,
  parts: P[] | undefined,
  room: { left: number },
  ignored: IgnoredFields,
): P[] | undefined {
  const end = parts?.findIndex((part) => (room.left -= bytesOf(part)) < 0) ?? -1;
  if (parts === undefined || end === -1) return parts;
  room.left = 0;
  ignored.add(name, `takes more room than there is: the first ${end} are taken`, parts.slice(end));
  return parts.slice(0, end);
}
