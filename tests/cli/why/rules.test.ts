// Why a machine is not installed that was asked to be, as far as no labd is needed to know it.
import { expect, test } from 'vitest';
import { type Known, whyLines } from '../../../cli/why/rules.ts';

const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;

type Install = Known['server']['installs']['nodes'][number];

/** An install that its bastion has taken at minute 10, seen at minute 15. */
function known(lastSeenAt: string | null, more: Partial<Install> = {}, online = true): Known {
  const install = {
    name: 'db.1',
    os: 'image',
    phase: 'QUEUED',
    outcome: null,
    taken: true,
    turn: null,
    createdAt: at(10),
    updatedAt: at(10),
    finishedAt: null,
    stages: [],
    lines: [],
    failure: null,
    estimate: null,
    phaseDeadline: null,
    deadline: null,
    pausedAt: null,
    ...more,
  };
  const bastion = { name: 'north', online, protocol: 3, lastSeenAt, conditions: [], profiles: [] };
  const server = {
    name: 'db',
    status: 'PROVISIONING',
    statusSince: at(10),
    locked: false,
    bootMac: '52:54:00:00:00:01',
    lastSeenAt,
    bastion,
    conditions: [],
    installs: { nodes: [install] },
  };
  const may = { allowed: true, permission: '' };
  return { server, may, lab: 'lab', now: Date.parse(at(15)) } as unknown as Known;
}

const unseen =
  '- Bastion north has not seen the machine since install db.1 began, 5m ago: nothing with its MAC 52:54:00:00:00:01 asked for an address or for what to boot.';

test('a machine that DHCP never saw since it was to be installed has to be switched on', () => {
  const lines = whyLines(known(at(5)));
  expect(lines).toContain(unseen);
  expect(lines.join('\n')).toContain('Next: Switch the machine on, or off and on, with its network first');
  expect(whyLines(known(null))).toContain(unseen);
});

test.each([
  ['one that was seen since', known(at(11))],
  ['one whose bastion has not taken the order', known(at(5), { taken: false })],
  ['one whose bastion is away', known(at(5), {}, false)],
  ['one that boots', known(at(5), { phase: 'BOOTING' })],
  ['one that waits for its turn', known(at(5), { turn: { position: 1, waiting: 2 } })],
])('%s is told something else', (_, facts) => {
  expect(whyLines(facts).join('\n')).not.toContain('has not seen the machine');
});
