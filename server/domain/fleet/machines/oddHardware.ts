// Says on a server what of its last report could not be taken: a condition for each field, until a report is without it.
import { server as about } from '../../ledger/conditions.ts';
import type { MachineReport } from '../contract/validate.ts';
import type { BatchState } from './batchState.ts';

/** What machines send could look like a reference to an object, for which a name would be put in. */
const unreferring = (text: string): string => text.replaceAll(/\{(?=\w+:)/g, '{ ');

export function tellOddHardware({ conditions }: BatchState, serverId: string, { ignored }: MachineReport): void {
  if (!ignored) return;
  const odd = new Set(ignored.map(({ field }) => field));
  for (const { detail } of conditions.of(about(serverId), 'OddHardware'))
    if (!odd.has(detail)) conditions.end(about(serverId), 'OddHardware', detail);
  for (const { field, reason, value } of ignored) {
    const came = value === undefined ? '' : ` It came as ${value}.`;
    conditions.begin(about(serverId), {
      type: 'OddHardware',
      detail: field,
      reason: 'NotTaken',
      message: unreferring(`${field === '' ? '' : `${field} `}${reason}.${came}`),
      evidence: value === undefined ? {} : { value },
    });
  }
}
