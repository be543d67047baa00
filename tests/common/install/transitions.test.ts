// A server's life as a table: what is listed leads where it says, and everything else is refused.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Conflict } from '../../../server/domain/errors.ts';
import { stages } from '../../../common/install/stages.ts';
import {
  actions,
  allowedActions,
  assertTransition,
  laterPhase,
  phaseOf,
  phases,
  statuses,
  transition,
  transitions,
} from '../../../common/install/transitions.ts';

/** As the rules have it, written down a second time. */
const table: [string, string, string][] = [
  ['DISCOVERED', 'provision', 'PROVISIONING'],
  ['DISCOVERED', 'adopt', 'INSTALLED'],
  ['DISCOVERED', 'retire', 'RETIRED'],
  ['PROVISIONING', 'succeed', 'INSTALLED'],
  ['PROVISIONING', 'fail', 'FAILED'],
  ['PROVISIONING', 'abort', 'FAILED'],
  ['INSTALLED', 'reprovision', 'PROVISIONING'],
  ['INSTALLED', 'retire', 'RETIRED'],
  ['FAILED', 'provision', 'PROVISIONING'],
  ['FAILED', 'reprovision', 'PROVISIONING'],
  ['FAILED', 'reset', 'DISCOVERED'],
  ['FAILED', 'retire', 'RETIRED'],
  ['RETIRED', 'restore', 'DISCOVERED'],
];

test('every transition that is not listed is refused, naming the status and what is allowed', () => {
  fc.assert(
    fc.property(fc.constantFrom(...statuses), fc.constantFrom(...actions), (status, action) => {
      fc.pre(action !== 'cancel' || status !== 'PROVISIONING');
      const listed = table.find(([from, by]) => from === status && by === action);
      const server = { name: 'labmaster', status };
      if (listed) return assertTransition(server, action) === listed[2];
      try {
        assertTransition(server, action);
        return false;
      } catch (error) {
        return (
          error instanceof Conflict &&
          error.message.includes(`"labmaster" is ${status}`) &&
          allowedActions(status).every((one) => error.remedy.includes(one))
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('a cancel leads back while no disk was touched, else to failed', () => {
  for (const fromStatus of ['DISCOVERED', 'INSTALLED', 'FAILED'] as const) {
    expect(transition('PROVISIONING', 'cancel', { fromStatus, diskTouched: false })).toBe(fromStatus);
    expect(transition('PROVISIONING', 'cancel', { fromStatus, diskTouched: true })).toBe('FAILED');
  }
});

test('while a wipe or a shell is open a cancel ends that and leaves the status alone, and nothing else is allowed more', () => {
  for (const status of ['DISCOVERED', 'INSTALLED', 'FAILED', 'RETIRED'] as const) {
    const origin = { fromStatus: status, diskTouched: true, errand: true };
    expect(transition(status, 'cancel', origin)).toBe(status);
    expect(transition(status, 'cancel', { ...origin, errand: false })).toBeUndefined();
    expect(transition(status, 'abort', origin)).toBeUndefined();
    expect(allowedActions(status, true).filter((action) => !allowedActions(status).includes(action))).toEqual([
      'cancel',
    ]);
    expect(() => assertTransition({ name: 'db', status }, 'abort', origin)).toThrow('it cannot abort');
  }
});

test('people are offered what people do, not what installers report', () => {
  expect(Object.fromEntries(statuses.map((status) => [status, allowedActions(status)]))).toEqual({
    DISCOVERED: ['provision', 'adopt', 'retire'],
    PROVISIONING: ['cancel', 'abort'],
    INSTALLED: ['reprovision', 'retire'],
    FAILED: ['provision', 'reprovision', 'reset', 'retire'],
    RETIRED: ['restore'],
  });
});

test('no status is a dead end, and all can be reached', () => {
  const reached = new Set(statuses.flatMap((status) => Object.values(transitions[status])));
  for (const status of statuses) {
    expect(Object.keys(transitions[status]).length).toBeGreaterThan(0);
    expect(reached).toContain(status);
  }
});

test('a stage is of the phase that the list of stages says, however it is spelled', () => {
  expect(['disk', 'k3s-prep', 'K3S_PREP', 'FIRST_BOOT', 'image', 'coffee'].map(phaseOf)).toEqual([
    'PRE',
    'POST',
    'POST',
    'FIRST_BOOT',
    'PACKAGES',
    undefined,
  ]);
  for (const { phase } of stages) expect(phases).toContain(phase);
});

test('phases only advance', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...phases)), (seen) => {
      const end = seen.reduce<string>(laterPhase, 'QUEUED');
      return seen.every((phase) => phases.indexOf(phase) <= phases.indexOf(end as 'PRE'));
    }),
  );
});
