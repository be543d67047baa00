// Machines whose hardware, firmware or ramdisk says something odd: each is discovered, and each oddity is said once.
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { readMachineReport } from '../../../bastion/api/discover.ts';
import { parseMachineReport } from '../../../server/domain/fleet/contract/validate.ts';
import { oddMac, oddReports } from '../../support/oddReports.ts';
import { bastionIn, machinesIn, post, temporary } from '../support.ts';

interface Line {
  mac?: string;
  field?: string;
  reason?: string;
}

const lines: Line[] = [];
const write = (chunk: Buffer, _encoding: unknown, done: () => void) => {
  const line = JSON.parse(chunk.toString()) as Line;
  if (line.field !== undefined) lines.push(line);
  done();
};
const log = pino({ level: 'warn' }, new Writable({ write }));
const places: { remove(): Promise<void> }[] = [];
afterAll(() => Promise.all(places.map((place) => place.remove())));

async function start(dir?: string) {
  const place = dir === undefined ? await temporary() : { dir };
  if ('remove' in place) places.push(place);
  return { dir: place.dir, bastion: await bastionIn(place.dir, { log }) };
}

const fieldsOf = (told: readonly { field?: string }[]) => told.map(({ field }) => field!).toSorted();

test('two hundred of them are discovered, each oddity is told once, and what is said again is told no more', async () => {
  const { dir, bastion } = await start();
  const reports = oddReports(200);
  const round = async (url: string) => {
    for (const [n, { report, told }] of reports.entries()) {
      const { status, body } = await post(url, '/api/discover', report);
      expect({ n, status, mac: body['mac'] }).toEqual({ n, status: 202, mac: oddMac(n) });
      expect({ n, told: fieldsOf((body['ignored'] ?? []) as Line[]) }).toEqual({ n, told });
    }
  };
  await round(bastion.url);
  expect(await machinesIn(dir)).toHaveLength(200);
  const logged = reports.map((_, n) => fieldsOf(lines.filter(({ mac }) => mac === oddMac(n))));
  expect(logged).toEqual(reports.map(({ told }) => told));
  const { length } = lines;
  await round(bastion.url);
  await bastion.stop();
  const again = await start(dir);
  await round(again.bastion.url);
  expect(lines.slice(length)).toEqual([]);
  await again.bastion.stop();
});

test('what is odd in another way is told, and what was odd before is not told with it', async () => {
  const { bastion } = await start();
  const mac = oddMac(0);
  const from = lines.length;
  for (const odd of [{ serial: 7 }, { serial: 7, tpm: 2 }, { serial: 8 }, {}, { serial: 8 }])
    await post(bastion.url, '/api/discover', { mac, ...odd });
  expect(fieldsOf(lines.slice(from))).toEqual(['serial', 'serial', 'serial', 'tpm']);
  await bastion.stop();
});

test('labd takes of any report what the bastion takes, and leaves out no more', () => {
  const thing = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary' }), fc.double());
  const odd = fc.dictionary(fc.constantFrom(...Object.keys(oddReports(1)[0]!.report)), thing);
  const parts = fc.array(
    fc.dictionary(fc.constantFrom('name', 'mac', 'ip', 'size_gb', 'serial', 'addresses', 'state', 'rotational'), thing),
  );
  fc.assert(
    fc.property(odd, parts, parts, fc.boolean(), (fields, disks, nics, whole) => {
      const report = readMachineReport({ ...fields, ...(whole && { disks, nics }), mac: oddMac(1) });
      const sent = JSON.parse(JSON.stringify(report)) as typeof report;
      const taken = parseMachineReport(sent, 'report');
      expect(taken.ignored).toEqual(report.ignored ?? []);
      expect(taken.disks?.length).toBe(report.disks?.length);
      expect(taken.nics?.length).toBe(report.nics?.length);
      for (const [at, nic] of (report.nics ?? []).entries()) expect(taken.nics![at]).toMatchObject(nic);
      for (const [at, disk] of (report.disks ?? []).entries()) expect(taken.disks![at]).toMatchObject(disk);
    }),
    { numRuns: 500 },
  );
});

test('a value that is deep or large is kept as it came, cut', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown;
  const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, { n }]));
  for (const serial of [deep, wide, { a: [1, null, { b: 'x\u0000y' }] }]) {
    const { ignored } = readMachineReport({ mac: oddMac(2), serial });
    expect(ignored).toMatchObject([{ field: 'serial' }]);
    expect(ignored![0]!.value!.length).toBeLessThanOrEqual(120);
  }
  expect(readMachineReport({ mac: oddMac(2), serial: { a: [1, null, { b: 'x\u0000y' }] } }).ignored).toEqual([
    { field: 'serial', reason: 'is an object rather than a text', value: '{"a":[1,null,{"b":"x\\u0000y"}]}' },
  ]);
});
