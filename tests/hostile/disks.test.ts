// Disks that are full, can only be read, or rot under a running labd: each is said, by its own code, and nothing that was
// acknowledged is lost.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endLabd, spawnLabd, startLabdProcess, type LabdProcess } from '../server/http/process.ts';
import { post } from '../server/http/toy.ts';

/** Only root may make a disk of its own here; elsewhere the directory's mode stands for a disk that cannot be written. */
const root = process.getuid?.() === 0;
let disk: string;
beforeAll(async () => {
  disk = await mkdtemp(join(tmpdir(), 'lab-disk-'));
  if (root) execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'none', disk]);
});
afterAll(async () => {
  await endLabd(labd);
  if (root) execFileSync('umount', ['-l', disk]);
  await rm(disk, { recursive: true, force: true });
});

let labd: LabdProcess | undefined;
const filling = () => join(disk, 'filling');
/** Leaves no byte. */
const fill = async () => {
  const piece = Buffer.alloc(1024 * 1024);
  for (let size = piece.length; size >= 1; size = Math.floor(size / 2))
    for (;;) {
      const full = await writeFile(filling(), piece.subarray(0, size), { flag: 'a' }).then(
        () => false,
        () => true,
      );
      if (full) break;
    }
};
const ask = (query: string) => post(labd!.url, query, { headers: labd!.headers });
const codeOf = (body: { errors?: { extensions?: Record<string, unknown> }[] }) =>
  body.errors?.[0]?.extensions?.['code'];
const ready = async () => {
  const answer = await fetch(labd!.url.replace('/graphql', '/readyz'));
  return [answer.status, await answer.text()] as const;
};

async function refusesToStart(data: string): Promise<string> {
  const { ended, output } = spawnLabd(['--port', '0', '--data', data]);
  expect(await ended).toBe(1);
  return output();
}

describe.runIf(root)('a disk', () => {
  test('that is full at the start is named, with what to free', async () => {
    await fill();
    const said = await refusesToStart(join(disk, 'labd'));
    expect(said).toMatch(/^labd: The disk of \S+ is full: free room there/m);
    expect(said).not.toMatch(/ENOSPC/);
    await rm(filling());
  });

  test('that can only be read at the start is named, with what to do', async () => {
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    try {
      for (const data of [disk, join(disk, 'labd'), join(disk, 'a', 'b')]) {
        const said = await refusesToStart(data);
        expect(said).toMatch(/^labd: The disk of \S+ can only be read: mount it for writing/m);
        expect(said).not.toMatch(/EROFS|ENOENT/);
      }
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', disk]);
    }
  });

  test('that fills up later refuses writes by DISK_FULL, is not ready, reads on, and goes on when there is room', async () => {
    await mkdir(join(disk, 'labd'), { recursive: true });
    labd = await startLabdProcess(join(disk, 'labd'));
    const create = (name: string) =>
      ask(`mutation { createCluster(input: { name: "${name}", labels: { a: "${'x'.repeat(60)}" } }) { __typename } }`);
    expect((await create('before')).body.errors).toBeUndefined();
    expect((await ready())[0]).toBe(200);
    await fill();
    const [status, text] = await ready();
    expect(status).toBe(503);
    expect(text).toMatch(/^The disk of \S+ is full: free room there/);
    const acknowledged = ['before'];
    const codes = new Set<unknown>();
    for (let i = 0; i < 120; i++) {
      const { body } = await create(`c${i}`);
      if (body.errors) codes.add(codeOf(body));
      else acknowledged.push(`c${i}`);
    }
    // The engine may break off and be started again: then the database is away for a moment.
    expect([...codes].filter((code) => code !== 'DATABASE_UNAVAILABLE')).toEqual(['DISK_FULL']);
    const read = async () => {
      const { body } = await ask('{ clusters(first: 500) { nodes { name } } }');
      return ((body.data as { clusters: { nodes: { name: string }[] } } | null)?.clusters.nodes ?? []).map(
        ({ name }) => name,
      );
    };
    expect((await read()).sort()).toEqual(acknowledged.sort());
    await rm(filling());
    await expect.poll(async () => (await create('after')).body.errors, { timeout: 20_000 }).toBeUndefined();
    expect((await ready())[0]).toBe(200);
    expect(await read()).toEqual(expect.arrayContaining(acknowledged));
    expect(labd.output()).not.toMatch(/A promise was rejected/);
  });

  test('that rots is found at the next start: labd goes back to the snapshot, and says what and to when', async () => {
    const { data } = labd!;
    labd!.child.kill('SIGTERM');
    expect(await labd!.ended).toBe(0);
    const base = join(data, 'db', 'base', '5');
    const tables = (await readdir(base)).filter((name) => /^\d+$/.test(name));
    const sizes = await Promise.all(tables.map(async (name) => (await readFile(join(base, name))).length));
    const victim = join(base, tables[sizes.indexOf(Math.max(...sizes))]!);
    const bytes = await readFile(victim);
    await writeFile(victim, bytes.fill(0x5a, 8_192, 16_384));
    labd = await startLabdProcess(data);
    expect(labd.output()).toMatch(/the file base\/5\/\d+ is not as labd left it/);
    expect(labd.output()).toMatch(/restored from a snapshot/);
    // The last snapshot was made as labd ended: nothing is lost.
    const { body } = await ask('{ clusters(filter: { name: { in: ["before", "after"] } }) { totalCount } }');
    expect(body.data).toEqual({ clusters: { totalCount: 2 } });
    expect((await readdir(data)).some((name) => name.startsWith('db.damaged-'))).toBe(true);
  });
});

describe('labd restore', () => {
  test('says what there is to go back to, and refuses what is not there', async () => {
    const data = await mkdtemp(join(tmpdir(), 'labd-'));
    const run = async (...args: string[]) => {
      const { ended, output } = spawnLabd(['restore', '--data', data, ...args]);
      return [await ended, output()] as const;
    };
    expect(await run('--list')).toEqual([0, `There is no snapshot in ${data}/snapshots\n`]);
    expect((await run())[0]).toBe(1);
    expect((await run('nothing.tar.gz'))[1]).toMatch(/no snapshot nothing\.tar\.gz .*labd restore --list/);
    expect((await run('../../etc/passwd'))[1]).toMatch(/no snapshot \S*etc\/passwd/);
    expect((await run('a', 'b'))[0]).toBe(2);
    expect((await run('--port', '1'))[0]).toBe(2);
    await rm(data, { recursive: true });
  });
});
