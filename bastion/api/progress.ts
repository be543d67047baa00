// Reads progress callbacks: a stage of an install, or that a machine was queued, installed or failed.
import type { MachineState, ProgressInput, ServerRole } from '../generated/documents.ts';
import { address, choice, fieldsOf, mac, present, requiredText, text } from './fields.ts';
import { LINE } from './text.ts';

const STATES: Readonly<Record<string, MachineState>> = { queued: 'QUEUED', installed: 'INSTALLED', failed: 'FAILED' };
const ROLES: Readonly<Record<string, ServerRole>> = {
  'control-plane': 'CONTROL_PLANE',
  control_plane: 'CONTROL_PLANE',
  worker: 'WORKER',
};

/** Reads the body of a progress callback. Throws a Refusal that names the field. */
export function readProgress(body: unknown): ProgressInput {
  const from = fieldsOf(body);
  return present<ProgressInput>({
    mac: mac(from, 'mac'),
    stage: requiredText(from, 'stage'),
    message: text(from, 'message', LINE),
    error: text(from, 'error', LINE),
    state: choice(from, 'state', STATES),
    hostname: text(from, 'hostname'),
    ip: address(from, 'ip'),
    role: choice(from, 'role', ROLES),
    os: text(from, 'os'),
  });
}
