// A server's life from the command line, against a real labd and a bastion that boots simulated machines, or none.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { environment, masked, program, shareSite } from '../support.ts';
import { atTerminal } from '../terminal.ts';

const mac = (n: number) => `02:00:00:00:01:0${n}`;
const site = shareSite(async ({ report, ask }) => {
  for (const n of [1, 2, 3])
    await report('discover', { mac: mac(n), disks: [{ name: 'sda', size_gb: 480, serial: `S${n}x` }] });
  const found = async () => (await ask<{ servers: { totalCount: number } }>('{ servers { totalCount } }')).servers;
  await vi.waitFor(async () => expect(await found()).toEqual({ totalCount: 3 }), { timeout: 20_000 });
  await ask(`mutation {
    a: updateServer(by: { mac: "${mac(1)}" }, input: { name: "web" }) { __typename }
    b: updateServer(by: { mac: "${mac(2)}" }, input: { name: "db" }) { __typename }
    c: updateServer(by: { mac: "${mac(3)}" }, input: { name: "old" }) { __typename }
    d: createServer(input: { name: "unheld", mac: "02:00:00:00:02:01" }) { __typename }
  }`);
});

/** What was printed, with what differs from run to run made the same. */
const run = async (line: string) => {
  const { code, out, err } = await site.lab(...line.split(' '));
  return {
    code,
    out: masked(out).replaceAll(/\(\d+[smhd]\)/g, '(0s)'),
    err: masked(err).replaceAll(/\(\d+[smhd]\)/g, '(0s)'),
  };
};

const statusOf = async (name: string) =>
  (await site.ask<{ server: { status: string } | null }>(`{ server(by: { name: "${name}" }) { status } }`)).server
    ?.status;

const becomes = (name: string, status: string) =>
  vi.waitFor(async () => expect(await statusOf(name)).toBe(status), { timeout: 20_000, interval: 50 });

describe('an install that is told by its machine', () => {
  test('is waited for with each of its steps, and its log is followed to its end', { timeout: 60_000 }, async () => {
    const installer = await site.install(mac(1));
    await becomes('web', 'PROVISIONING');
    const follow = spawn(process.execPath, [program, 'logs', 'web', '-f'], { env: environment(site.env) });
    const wait = spawn(process.execPath, [program, 'wait', 'server/web', '--for=status=INSTALLED'], {
      env: environment(site.env),
    });
    const [shown] = (await once(wait.stderr, 'data')) as [Buffer];
    expect(String(shown)).toMatch(/^web\.1: (queued|booting)\n$/);
    const told = Promise.all([text(wait.stdout), text(wait.stderr), once(wait, 'close')]);
    const logged = Promise.all([text(follow.stdout), text(follow.stderr), once(follow, 'close')]);
    await installer.say({ stage: 'partition', message: 'dividing sda' });
    await installer.log('first line', '\u001b[31mred');
    await installer.say({ stage: 'done', state: 'installed', hostname: 'web.lab' });
    const [out, err, [code]] = await told;
    expect({ out, code }).toEqual({ out: 'server/web is installed\n', code: 0 });
    expect(err.split('\n')).toEqual(
      expect.arrayContaining(['web.1: partition, dividing sda', 'web.1: succeeded', '']) as string[],
    );
    const [lines, said, [logCode]] = await logged;
    expect([lines, said, logCode]).toEqual(['first line\n\\x1b[31mred\n', 'Install web.1 succeeded.\n', 0]);
  });

  test('can be looked at afterwards', async () => {
    expect(await run('get installs')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "NAME    OS          PHASE   OUTCOME     TOOK   AGE
      web.1   fedora-43   done    succeeded   0s     0s
      ",
      }
    `);
    expect((await run('describe install web.1')).out).toMatchInlineSnapshot(`
      "install/web.1
      ├─ Id:            InstallAttempt:<id>
      ├─ Is:            succeeded
      ├─ Server:        web
      ├─ OS:            fedora-43
      ├─ Revision:      <revision>
      ├─ Disk:          sda, 480G, serial S1x
      ├─ Begun:         <time>
      ├─ Took:          0s
      ├─ Status before: discovered
      ├─ Disk touched:  yes
      ├─ Log:           2 lines
      ├─ Parameters
      │  ├─ dns:      [] (profile)
      │  ├─ k3s:      false (profile)
      │  ├─ ntp:      [] (profile)
      │  ├─ disk:     sda (--set)
      │  ├─ users:    [] (profile)
      │  ├─ locale:   en_US.UTF-8 (profile)
      │  ├─ address:  dhcp (profile)
      │  ├─ scripts:  [] (profile)
      │  ├─ sshKeys:  [] (profile)
      │  ├─ consoles: ["ttyS0,115200n8","tty0"] (profile)
      │  ├─ keyboard: us (profile)
      │  ├─ packages: [] (profile)
      │  └─ timezone: UTC (profile)
      ├─ Stages
      │  ├─ booting: 0s
      │  └─ partition: 0s
      │     └─ Message: dividing sda
      └─ Last lines
         ├─ first line
         └─ \\x1b[31mred
      "
    `);
    expect((await run('describe server web')).out).toContain('└─ web.1: succeeded');
    expect((await run('get installs --field-selector status.outcome=succeeded -o name')).out).toBe('install/web.1\n');
    expect((await run('get installs --field-selector spec.os!=fedora-43 -o name')).out).toBe('');
    expect((await run('get installs --cloud default')).err).toBe(
      'Error: --cloud is not for installs: they have none of their own.\n',
    );
    const args = [program, 'get', 'install', 'web.1', '-w', '-o', 'name'];
    const watch = spawn(process.execPath, args, { env: environment(site.env) });
    expect(String(((await once(watch.stdout, 'data')) as [Buffer])[0])).toBe('ADDED install/web.1\n');
    watch.kill();
    for (const install of ['web', 'web.1', 'install/web.1', 'install web.1'])
      expect(await run(`logs ${install} --tail 1`)).toEqual({ code: 0, out: '\\x1b[31mred\n', err: '' });
    expect(await run('why server web')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "server/web is installed, since <time> (0s): nothing keeps it from that.
      ",
      }
    `);
    expect(await run('wait server web --for=status=installed')).toEqual({
      code: 0,
      out: 'server/web is installed\n',
      err: '',
    });
  });
});

test('machines that stand by are installed when somebody says so, until what started them ends', async () => {
  const machines = ['--servers', '3', '--seed', '5', '--bastion', site.bastion.url];
  const child = spawn(process.execPath, [program, 'simulate', ...machines, '--boot'], {
    env: { ...environment(site.env), LAB_EXIT_WITH_PARENT: '1' },
    stdio: 'pipe',
  });
  const ended = once(child, 'close');
  const told = text(child.stdout);
  const { servers } = await vi.waitFor(
    async () => {
      const found = await site.ask<{ servers: { nodes: { name: string; disks: { nodes: { name: string }[] } }[] } }>(
        '{ servers(filter: { status: { eq: DISCOVERED }, name: { startsWith: "m-" } }) { nodes { name disks(first: 1) { nodes { name } } } } }',
      );
      expect(found.servers.nodes).toHaveLength(3);
      return found;
    },
    { timeout: 20_000 },
  );
  const [first, second] = servers.nodes.map(({ name }) => name);
  const [disk, other] = servers.nodes.map(({ disks }) => disks.nodes[0]!.name);
  const [{ code, out }] = await Promise.all([
    run(`provision ${first} --os debian-13 --set disk=${disk} --wait --timeout 40s`),
    run(`provision ${second} --os debian-13 --set disk=${other}`),
  ]);
  expect({ code, out }).toEqual({ code: 0, out: `server/${first} provisioning\nserver/${first} is installed\n` });
  await becomes(second!, 'INSTALLED');
  expect((await run(`logs ${first}`)).out).toContain('Installing the boot loader\n');
  child.stdin.end();
  await ended;
  expect((await told).match(/boots the installer of (fedora-43|debian-13)/g)).toHaveLength(2);
});

describe('provision', () => {
  test('of a bastion without boot services fails, and says so', { timeout: 60_000 }, async () => {
    await site.bastion.stop();
    await site.bastion.start({ BASTION_SIMULATE_BOOT: '0' });
    const { code, out, err } = await run('provision db --os debian-13 --role worker --wait --timeout 30s');
    expect({ code, out }).toEqual({ code: 1, out: 'server/db provisioning\n' });
    expect(err).toContain('it runs without boot services');
    expect(err).toContain('Error: server/db is failed, and does not become installed by itself.\n');
    expect(await run('why server db')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "",
        "out": "server/db is not installed: it is failed, since <time> (0s).
      - Install db.1 was not taken by its bastion: This bastion cannot install machines: it runs without boot services.
      Next: See to that at north, then: lab provision db --os debian-13
      ",
      }
    `);
    expect(await run('logs db')).toEqual({ code: 0, out: '', err: '' });
  });

  test('waits at a bastion that is offline, why says so, and cancel takes it back', { timeout: 60_000 }, async () => {
    expect((await run('reset db')).out).toBe('server/db reset\n');
    await site.bastion.stop();
    const online = async () =>
      (await site.ask<{ bastion: unknown }>('{ bastion(by: { name: "north" }) { online } }')).bastion;
    await vi.waitFor(async () => expect(await online()).toEqual({ online: false }), { timeout: 20_000 });
    expect(await run('provision server/db --os fedora-43')).toMatchInlineSnapshot(`
      {
        "code": 0,
        "err": "Install db.2 of fedora-43 is queued at bastion north, which is offline. Follow it: lab logs db -f
      ",
        "out": "server/db provisioning
      ",
      }
    `);
    expect((await run('why server db')).out.replaceAll(/in \d+[smh]/g, 'in 0m')).toMatchInlineSnapshot(`
      "server/db is not installed: it is provisioning, since <time> (0s).
      - Bastion north, which holds it, is offline since <time> (0s).
      - Install db.2 is not taken by its bastion: that is away, and takes the order when it is back.
      - Install db.2 is open, in phase queued, since <time> (0s).
      - Its next callback is due in 0m, its end is due in 0m.
      Next: Start lab-bastion at north again. To give it up: lab cancel db
      "
    `);
    const waited = await run('wait server/db --for=status=installed --timeout 1s');
    expect(waited).toMatchObject({ code: 6, out: '' });
    expect(waited.err).toContain('- Bastion north, which holds it, is offline since <time> (0s).');
    expect(waited.err).toContain('Error: server/db was not installed within 1 s.\n');
    await site.ask('mutation { updateBastion(by: { name: "north" }, input: { maxInstalls: 1 }) { __typename } }');
    expect((await run('provision old --os fedora-43')).err).toContain('old.1 of fedora-43 is queued, 1st of 1 at');
    expect((await run('why server old')).out).toContain('queued, 1st of 1 at bastion/north, which runs 1 at once: it ');
    expect((await run('get server old -o wide')).out).toMatch(/^old .* north +fedora-43: queued, 1st of 1 /m);
    expect(await run('cancel db')).toEqual({ code: 0, out: 'server/db cancelled\n', err: 'It is discovered.\n' });
    expect((await run('cancel old')).err).toBe('It is discovered.\n');
    expect((await run('rescue db')).err).toContain('Its bastion north is offline, and hears of it later.');
    expect((await run('get server db -o wide')).out).toMatch(/^db +discovered .* north +ramdisk\/rescue: queued /m);
    expect((await run('cancel db')).err).toBe('No shell is given. It stays discovered.\n');
    const wipe = [await run('retire db --wipe --yes'), await run('cancel db'), await run('restore db')];
    expect(wipe[1]!.err).toMatch(/^labd has heard of no wipe yet: .* north, which is offline, hears of this/);
    await site.bastion.start();
  });

  test.each([
    [
      'provision web --os fedora-43',
      1,
      'Error: Server "web" is INSTALLED: it cannot provision.\nFrom INSTALLED it can reprovision or retire.\n',
    ],
    [
      'provision old --os plan-9',
      1,
      'Error: --os: There is no OS profile "plan-9".\nChoose one of debian-12, debian-13, fedora-42, fedora-43, fedora-44, image, ubuntu-24.04.\n',
    ],
    [
      'provision unheld --os fedora-43',
      1,
      'Error: Server "unheld" is held by no bastion, and only a bastion can boot and install it.\nBoot it where a bastion sees its MAC 02:00:00:00:02:01, and provision it again.\n',
    ],
    ['provision absent --os fedora-43', 3, 'Error: server "absent" not found\nSee what there is: lab get servers\n'],
    ['provision network/lab --os fedora-43', 2, 'Error: lab provision goes with servers, not with networks.\n'],
    [
      'provision old db --os fedora-43 --name x',
      2,
      'Error: Several servers cannot have one name.\nLeave --name out, or name one server.\n',
    ],
    ['logs unheld', 3, 'Error: Nothing was ever installed on server "unheld".\nSee: lab why server unheld\n'],
    ['logs web --install 7', 3, 'Error: Server "web" has no install 7.\nSee: lab describe server web\n'],
    ['delete install web.1 --yes', 2, 'Error: installs cannot be deleted.\nSee: lab api-resources\n'],
    [
      'wait server/web --for=rain',
      2,
      'Error: --for: "rain" is nothing to wait for.\nWrite status=INSTALLED, delete, condition=BastionOnline, condition=Stale=false or jsonpath=\'{.status.ip}\'.\n',
    ],
    [
      'wait server/absent --for=status=installed',
      3,
      'Error: server "absent" not found\nSee what there is: lab get servers\n',
    ],
  ])('%s is refused in words', async (line, code, err) => {
    expect(await run(line)).toEqual({ code, out: '', err });
  });
});

test('retire, restore, adopt and forget say what they did; forget asks', { timeout: 60_000 }, async () => {
  expect(await run('retire old')).toEqual({ code: 0, out: 'server/old retired\n', err: '' });
  expect((await run('why server old')).out).toMatch(
    /^- It was taken out of service\.\n(- .*\n)*Next: lab restore old\n$/m,
  );
  expect(await run('restore old')).toEqual({ code: 0, out: 'server/old restored\n', err: '' });
  expect(await run('adopt server old')).toEqual({ code: 0, out: 'server/old adopted\n', err: '' });
  expect(await run('forget old')).toEqual({
    code: 2,
    out: '',
    err: 'Error: Nobody is there to be asked whether to forget server/old.\nAdd --yes.\n',
  });
  const gone = spawn(process.execPath, [program, 'wait', 'server/old', '--for=delete'], { env: environment(site.env) });
  const told = Promise.all([text(gone.stdout), once(gone, 'close')]);
  const asked = await atTerminal('forget old', site.env, [['Type old to forget server/old:', 'older\r']]);
  expect(asked).toMatchObject({ code: 1 });
  const { code, shown } = await atTerminal('forget old', site.env, [['Type old to forget server/old:', 'old\r']]);
  expect({ code, shown: shown.includes('server/old forgotten') }).toEqual({ code: 0, shown: true });
  const [out, [waitCode]] = await told;
  expect({ out, waitCode }).toEqual({ out: 'server/old is deleted\n', waitCode: 0 });
  expect(await run('wait server/old --for=delete')).toEqual({ code: 0, out: 'server/old is deleted\n', err: '' });
  const waited = async (goal: string) => (await run(`wait ${goal}`)).out;
  expect(await waited('server/db --for=jsonpath={.status.bastion}=north')).toBe('server/db is .status.bastion=north\n');
  expect(await waited('server/db --for=jsonpath={.status.bastion}')).toBe('server/db is with .status.bastion\n');
  expect(await run('wait server/db --for=jsonpath={.status.os} --timeout 1s')).toMatchObject({ code: 6 });
  expect(await waited('bastion/north --for=condition=BastionOnline')).toBe('bastion/north is BastionOnline=true\n');
});
