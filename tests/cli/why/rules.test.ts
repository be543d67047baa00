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
    parameters: {},
    phase: 'QUEUED',
    outcome: null,
    taken: true,
    diskTouched: false,
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
  const bastion = { name: 'north', online, protocol: 3, maxInstalls: 20, lastSeenAt, conditions: [], profiles: [] };
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

test('what failed is asked for again as it was, with what was set', () => {
  const parameters = {
    disk: { value: 'serial:A B', from: '--set' },
    dns: { value: ['10.0.0.1'], from: '--set' },
    k3s: { value: true, from: '--set' },
    scripts: { value: ['echo one\necho two'], from: '--set' },
    motto: { value: "it's", from: '--set' },
    users: { value: 'x'.repeat(121), from: '--set' },
    timezone: { value: 'UTC', from: 'profile' },
    locale: { value: 'C', from: 'bastion' },
  };
  const failed = known(at(11), {
    parameters,
    outcome: 'FAILED',
    finishedAt: at(12),
    failure: { stage: 'pre', reason: 'No', lines: [] },
  } as never);
  const server = { ...failed.server, status: 'FAILED' } as Known['server'];
  expect(whyLines({ ...failed, server }).at(-1)).toBe(
    `Next: lab provision db --os image --set disk='serial:A B' --set dns='["10.0.0.1"]' --set k3s=true --set scripts='["echo one\\necho two"]' --set motto='it'\\''s' --set users=VALUE`,
  );
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

test('one that waits for its turn hears its place, and how many its bastion runs at once', () => {
  const said = whyLines(known(at(5), { turn: { position: 3, waiting: 5 } })).join('\n');
  expect(said).toContain('- Install db.1 is queued, 3rd of 5 at bastion/north, which runs 20 at once: it begins when');
});

const failed = {
  phase: 'PRE',
  outcome: 'FAILED',
  finishedAt: at(12),
  failure: { stage: 'disk', reason: 'No disk.', lines: [] },
};

/** A server after several attempts, the newest first. */
function after(status: string, ...attempts: Partial<Install>[]): string {
  const facts = attempts.map((one) => known(at(11), one).server.installs.nodes[0]!);
  const first = known(at(11));
  const server = { ...first.server, status, installs: { nodes: facts } } as Known['server'];
  return whyLines({ ...first, server }).join('\n');
}

test('a shell that was given after an install failed does not hide why that failed', () => {
  const rescued = { name: 'db.2', os: 'ramdisk/rescue', phase: 'DONE', outcome: 'SUCCEEDED', finishedAt: at(14) };
  const said = after('FAILED', rescued as Partial<Install>, failed as Partial<Install>);
  expect(said).toContain('- Install db.1 failed in stage disk: No disk.');
  expect(said).toContain('Next: lab provision db --os image');
  const both = after('FAILED', { ...rescued, ...failed, name: 'db.2' } as Partial<Install>, failed as Partial<Install>);
  expect(both).toContain('- Rescue db.2 failed in stage disk: No disk.');
  expect(both).toContain('Next: lab provision db --os image');
  expect(after('DISCOVERED', rescued as Partial<Install>)).toContain('- Nobody has asked for an install.');
});

test('a wipe that failed is what a retired machine is asked about, whatever failed before', () => {
  const wipe = { ...failed, name: 'db.2', os: 'ramdisk/wipe' };
  const said = after('RETIRED', wipe as Partial<Install>, failed as Partial<Install>);
  expect(said).toContain('Next: lab restore db && lab retire db --wipe');
});

test('a wipe that was given up in the middle says how far it got; one that had not begun is nothing to speak of', () => {
  const stages = [{ name: 'wipe', message: 'Wiped 1 of 2: sda', startedAt: at(12), finishedAt: at(13), error: null }];
  const gone = { name: 'db.2', os: 'ramdisk/wipe', phase: 'PARTITION', outcome: 'CANCELLED', finishedAt: at(13) };
  const begun = { ...gone, diskTouched: true, stages } as unknown as Partial<Install>;
  const said = after('RETIRED', begun);
  expect(said).toContain(
    '- Wipe db.2 was cancelled in phase partition: Wiped 1 of 2: sda. Its disks are not what they were',
  );
  expect(said).toContain('Next: lab restore db && lab retire db --wipe');
  expect(after('DISCOVERED', begun)).toContain('Next: lab retire db --wipe');
  const idle = after('RETIRED', { ...gone, phase: 'QUEUED' } as Partial<Install>);
  expect(idle).not.toContain('Wipe');
  expect(idle).toContain('Next: lab restore db');
});
