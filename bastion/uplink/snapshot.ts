// A snapshot: all machines that this bastion has seen itself, as begin, parts and end.
import type { MachineReportInput, UplinkBodyInput } from '../generated/documents.ts';
import type { Machine } from '../state/machines.ts';

const MOST_REPORTS = 200;
const MOST_BYTES = 110_000;

/** The items of a snapshot; each fits into a batch. */
export function snapshotOf(machines: readonly Machine[]): UplinkBodyInput[] {
  const parts: MachineReportInput[][] = [];
  let bytes = 0;
  // What labd alone told us about is left out, since this says what is here; so is what only ever sent lines of output.
  const reports = machines
    .filter(({ seenAt, report, id }) => seenAt !== undefined && (report ?? id) !== undefined)
    .map(({ mac, report }) => report ?? { mac });
  for (const report of reports) {
    const size = Buffer.byteLength(JSON.stringify(report)) + 1;
    let part = parts.at(-1);
    if (part === undefined || part.length >= MOST_REPORTS || bytes + size > MOST_BYTES) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(report);
    bytes += size;
  }
  const count = { machines: reports.length };
  return [
    { snapshotBegin: count },
    ...parts.map((part) => ({ snapshotPart: { reports: part } })),
    { snapshotEnd: count },
  ];
}
