// What lab provision says before it installs a system where the machine may not boot it, and installs all the same.
import { expect, test, vi } from 'vitest';
import { runLab, shareSite } from '../support.ts';

const disk = (name: string) => ({ name, size_gb: 480, serial: `S-${name}` });
const site = shareSite(async ({ report, ask }) => {
  await report('discover', { mac: '02:00:00:00:03:01', firmware: 'bios', disks: ['sda', 'sdb'].map(disk) });
  await report('discover', { mac: '02:00:00:00:03:02', firmware: 'bios', disks: ['sda', 'sdb'].map(disk) });
  const found = async () => (await ask<{ servers: { totalCount: number } }>('{ servers { totalCount } }')).servers;
  await vi.waitFor(async () => expect(await found()).toEqual({ totalCount: 2 }), { timeout: 20_000 });
});

const WARNING =
  'It boots by BIOS, which is told to boot the first drive alone: probably sda, and the system goes to sdb. Install there with --set disk=serial:S-sda, or have its BIOS put sdb first. Or set boot.leave of the server: to loader, which looks on all drives, or to sanboot where its BIOS has sdb first.\n';

test('a BIOS that is told to boot another drive is warned of, tried or done, unless somebody said how it boots', async () => {
  const name = 'm-020000000301';
  const provision = (on: string, ...more: string[]) =>
    site.lab('provision', name, '--os', 'debian-13', '--set', `disk=${on}`, ...more);
  expect((await provision('sdb', '--dry-run')).out).toContain(`
Warning: ${WARNING}`);
  expect((await provision('sda', '--dry-run')).out).not.toContain('Warning');
  const done = await provision('sdb');
  expect(done).toMatchObject({ code: 0, out: `server/${name} provisioning\n` });
  expect(done.err).toMatch(/^server\/m-020000000301: It boots by BIOS.*\nInstall m-020000000301\.1 of debian-13 is /);
  expect(done.err).toContain(`server/${name}: ${WARNING}`);
  await site.ask(
    `mutation { updateServer(by: { name: "${name}" }, input: { boot: { leave: "sanboot" } }) { __typename } }`,
  );
  expect((await provision('sdb', '--dry-run')).out).not.toContain('Warning');
  // Why it cannot be installed is told once, by what installs it.
  expect(await provision('sdz')).toMatchObject({ code: 1, err: expect.stringMatching(/^Error: [^\n]*\n[^\n]*\n$/) });
});

test('of who may not install nothing is planned first: the refusal stands once in the audit trail, as what was typed', async () => {
  const name = 'm-020000000302';
  await site.lab('create', 'user', 'viewer', '--role', 'viewer');
  const { out } = await site.lab('create', 'token', '--user', 'viewer');
  const env = { ...site.env, LAB_TOKEN: out.trim() };
  const sent = await runLab(['provision', name, '--os', 'debian-13', '--set', 'disk=sdb'], env);
  expect(sent).toMatchObject({ code: 4, err: expect.stringMatching(/^Error: [^\n]*\n[^\n]*\n$/) });
  const { auditEntries } = await site.ask<{ auditEntries: { nodes: { action: string }[] } }>(
    '{ auditEntries(filter: { outcome: { eq: REFUSED } }) { nodes { action } } }',
  );
  expect(auditEntries.nodes).toEqual([{ action: 'provisionServer' }]);
});
