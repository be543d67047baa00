// Looking back from the command line, and taking back: against a labd, with a bastion that reports.
import { expect, test, vi } from 'vitest';
import { expectGolden, runLab, shareSite } from '../support.ts';

const site = shareSite(async ({ lab, report }) => {
  await lab('create', 'network', '--name', 'lab', '--cidr', '192.168.8.0/24', '--vlan', '8');
  await report('discover', {
    mac: '38:05:25:33:e2:e4',
    cpu_model: 'EPYC',
    cpu_cores: 8,
    memory_gb: 64,
    nics: [{ name: 'eno1', mac: '38:05:25:33:e2:e4', ip: '192.168.8.10', state: 'UP' }],
  });
  await vi.waitFor(async () => expect((await lab('get', 'servers', '-o', 'name')).out).toMatch('server/'), 10_000);
});

const revisionNow = async () =>
  (await site.ask<{ servers: { revision: string } }>('{ servers { revision } }')).servers.revision;
const done = async (...words: string[]) => {
  const { code, out, err } = await site.lab(...words);
  expect({ words, code, err }).toEqual({ words, code: 0, err: '' });
  return out;
};
const update = (input: string) =>
  done('api', `mutation { updateServer(by: { mac: "38:05:25:33:e2:e4" }, input: { ${input} }) { __typename } }`);

test('what get and describe printed then is what they print of then', async () => {
  const asked = [
    ['get', 'servers'],
    ['get', 'servers', '-o', 'wide'],
    ['get', 'servers', '-o', 'name'],
    ['get', 'servers,networks'],
    ['get', 'networks', 'lab', '-o', 'yaml'],
    ['describe', 'network', 'lab'],
  ];
  const ages = (text: string) => text.replaceAll(/\b\d+s(?=\s|$)/gm, '0s'.padEnd(3)).replaceAll(/ +$/gm, '');
  const recorded: { at: string; words: string[]; printed: string }[] = [];
  const record = async () => {
    const at = await revisionNow();
    for (const words of asked) recorded.push({ at, words, printed: ages(await done(...words)) });
  };
  await record();
  await update('name: "web", role: WORKER');
  await record();
  await done('delete', 'network', 'lab', '--yes');
  await done('create', 'network', '--name', 'lab', '--cidr', '192.168.0.0/16');
  await record();
  await update('name: "m-38052533e2e4", role: null');
  for (const { at, words, printed } of recorded)
    expect([words, ages(await done(...words, '--at', at))]).toEqual([words, printed]);
});

test('--at takes revisions, times and how long ago, and says what it cannot take', async () => {
  const at = await revisionNow();
  const moment = new Date().toISOString();
  await update('maintenance: true');
  const yaml = (when: string) => done('get', 'server', 'm-38052533e2e4', '-o', 'yaml', '--at', when);
  const rev = at.split('.')[1]!;
  for (const when of [at, rev, `rev:${rev}`, moment]) expect(await yaml(when)).toMatch('maintenance: false');
  expect(await yaml(new Date(Date.now() + 60_000).toISOString())).toMatch('maintenance: true');
  expect((await site.lab('get', 'servers', '--at', '-1000h')).err).toBe('No servers found.\n');
  const codes = async (...words: string[]) => {
    const { code, err } = await site.lab(...words);
    return [code, err];
  };
  expect(await codes('get', 'servers', '--at', 'yore')).toEqual([
    2,
    expect.stringMatching(/--at: "yore" is no moment/),
  ]);
  expect(await codes('get', 'servers', '--at', new Date().toISOString().slice(0, -1))).toEqual([
    2,
    expect.stringMatching(/--at: "\S+" has no offset from UTC.*\nWrite 2026-01-31T12:00:00Z/),
  ]);
  const today = new Date().toISOString().slice(0, 10);
  expect(await codes('get', 'servers', '--at', today)).toEqual([
    0,
    `--at: ${today} is ${today}T00:00:00Z.\nNo servers found.\n`,
  ]);
  expect(await codes('get', 'users', '--at', '1')).toEqual([2, expect.stringMatching(/--at is not for users/)]);
  expect(await codes('get', 'servers', '-w', '--at', '1')).toEqual([2, expect.stringMatching(/A watch takes no --at/)]);
  expect(await codes('get', 'servers', '--at', '999999')).toEqual([2, expect.stringMatching(/no revision 999999 yet/)]);
  expect((await codes('describe', 'server', 'never', '--at', at))[0]).toBe(3);
  await update('maintenance: false');
});

test('ages under --at are counted to then', async () => {
  await done('create', 'network', '--name', 'aged', '--cidr', '10.9.0.0/16');
  const made = await revisionNow();
  const moment = new Date().toISOString();
  const present = () => Date.now() + 5 * 86_400_000;
  const ageOf = async (...words: string[]) => {
    const { out, err } = await runLab(['get', 'network', 'aged', '--no-headers', ...words], site.env, '', present);
    expect(err).toBe('');
    return out.trim().split(/ +/).at(-1);
  };
  expect(await ageOf()).toBe('5d');
  expect(await ageOf('--at', made)).toBe('0s');
  expect(await ageOf('--at', moment)).toMatch(/^\d\d?s$/);
  await done('delete', 'network', 'aged', '--yes');
});

test('history says who did what, blame who set each field last, also of what is gone', async () => {
  await done('create', 'network', '--name', 'old', '--cidr', '10.1.0.0/16');
  await done('api', 'mutation { updateNetwork(by: { name: "old" }, input: { vlan: 7, domain: "x" }) { __typename } }');
  await done('api', 'mutation { updateNetwork(by: { name: "old" }, input: { vlan: 9 }) { __typename } }');
  // Revisions differ from run to run: those that begin a line, and those that end one of blame.
  const hide = (text: string) =>
    text.replaceAll(/^\d+ +(?=\d{4}-)/gm, '<n>        ').replaceAll(/(?<=Z +)\d+$/gm, '<n>');
  await expectGolden(hide(await done('history', 'network', 'old')), 'history-network.txt');
  await expectGolden(hide(await done('history', 'network/old', '--blame')), 'history-network-blame.txt');
  const lines = (await done('history', 'network', 'old', '-o', 'json')).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).operation)).toEqual(['CREATE', 'UPDATE', 'UPDATE']);
  await done('delete', 'network', 'old', '--yes');
  expect(await done('history', 'network', 'old')).toMatch(/deleteNetwork .*deleted\n$/);
  expect((await site.lab('history', 'network', 'never')).code).toBe(3);
  expect((await site.lab('history', 'network')).code).toBe(2);
});

test('undo asks, tries, takes back, and says what came between', async () => {
  await done('create', 'network', '--name', 'mine', '--cidr', '10.2.0.0/16');
  await done('api', 'mutation { updateNetwork(by: { name: "mine" }, input: { vlan: 7 }) { __typename } }');
  const changed = (await revisionNow()).split('.')[1]!;
  expect((await site.lab('undo', changed)).code).toBe(2);
  expect(await done('undo', changed, '--dry-run')).toBe('Would change Network/mine: vlan: 7 → 0.\n');
  expect(await done('undo', changed, '--yes')).toBe('Network/mine changed: vlan: 7 → 0.\n');
  const again = await site.lab('undo', changed, '--yes');
  expect(again).toMatchObject({
    code: 1,
    err: expect.stringMatching(/was changed later, from 7 to 0; .* with undoChange/),
  });
  await done('delete', 'network', 'mine', '--yes');
  expect(await done('undo', (await revisionNow()).split('.')[1]!, '-y')).toBe('Network/mine created.\n');
  expect((await site.lab('undo', 'rev:999999', '--yes')).code).toBe(3);
  expect((await site.lab('undo', 'yesterday')).code).toBe(2);
});

test('get events prints what happened, chosen by kind and name', async () => {
  await done('create', 'network', '--name', 'seen', '--cidr', '10.3.0.0/16');
  expect(await done('get', 'events', '--kind', 'network', '--name', 'seen', '-o', 'name')).toBe('Network/seen\n');
  expect(await done('get', 'events', '--name', 'seen')).toMatch(/createNetwork +Network\/seen +created\n$/);
  expect(await done('get', 'events', '--name', 'seen', '-o', 'yaml')).toMatch(/^---\nrevision: /);
  expect((await site.lab('get', 'events', '--name', 'nobody')).err).toBe('No events found.\n');
  const [last] = (await done('get', 'events', '--limit', '1', '-o', 'json')).split('\n');
  expect(JSON.parse(last!)).toMatchObject({ kind: 'Network', name: 'seen', operation: 'CREATE' });
});

test.each(['events', 'audit'])('get %s takes since when and until when as --at takes a moment', async (log) => {
  const today = new Date().toISOString().slice(0, 10);
  const asked = (...words: string[]) => site.lab('get', log, '--limit', '1', '-o', 'name', ...words);
  expect(await asked('--since', today)).toMatchObject({ code: 0, err: `--since: ${today} is ${today}T00:00:00Z.\n` });
  expect(await asked('--since', '2h', '--until', '2h')).toMatchObject({ code: 0, out: '' });
  for (const flag of ['--since', '--until'])
    for (const wrong of ['Nov 27', '2026-02-30', '2026-11-27T12:00:00', ''])
      expect(await asked(flag, wrong)).toEqual({
        code: 2,
        out: '',
        err: expect.stringMatching(new RegExp(`^Error: ${flag}: "${wrong}" .*\\nWrite 2026-01-31T12:00:00Z.*2h`)),
      });
});
