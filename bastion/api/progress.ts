// Reads progress callbacks: a stage of an install, or that it ended.
import type { MachineState, ServerRole } from '../generated/documents.ts';
import type { Callback } from './callbacks.ts';
import { address, amount, choice, fieldsOf, mac, present, requiredText, text, type Fields } from './fields.ts';
import { badField } from './refusal.ts';
import { LINE } from './text.ts';

const STATES: Readonly<Record<string, MachineState>> = { installed: 'INSTALLED', failed: 'FAILED' };
/** Callbacks of one install. */
const MOST_SEQ = 1_000_000_000;
const ROLES: Readonly<Record<string, ServerRole>> = {
  'control-plane': 'CONTROL_PLANE',
  control_plane: 'CONTROL_PLANE',
  worker: 'WORKER',
};

/** Reads the body of a progress callback. Throws a Refusal that names the field. */
export function readProgress(body: unknown): Callback {
  const from = fieldsOf(body);
  return present<Callback>({
    mac: mac(from, 'mac'),
    stage: requiredText(from, 'stage'),
    message: text(from, 'message', LINE),
    error: text(from, 'error', LINE),
    state: choice(from, 'state', STATES),
    hostname: text(from, 'hostname'),
    ip: address(from, 'ip'),
    role: choice(from, 'role', ROLES),
    os: text(from, 'os'),
    seq: seq(from),
  });
}

/** The machine's number for it: one that does not go up is a repetition. */
function seq(from: Fields): number {
  const value = amount(from, 'seq', { whole: true, most: MOST_SEQ });
  if (value) return value;
  throw badField('seq', value === 0 ? 'is 0' : 'is missing', 'Count the callbacks of an install from 1.');
}
