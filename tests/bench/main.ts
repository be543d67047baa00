// The benchmark: everything as a ratio to something measured in the same run, because machines differ and are noisy.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { startCluster } from '../support/postgres.ts';
import { authorizationIn, joinToken, type Labd, reader } from './access.ts';
import { fill, flat, nested, type Question } from './data.ts';
import { bulkInsert, ingest, lag } from './ingest.ts';
import { startPostGraphile } from './peers.ts';
import { randomly } from './random.ts';
import { cpuOf, freePort, memoryOf, parentOf, type Running, start } from './programs.ts';
import { compare, type Contender } from './throughput.ts';

const quick = process.argv.includes('--quick');
/** Random operations at the limits alone */
const attackOnly = process.argv.includes('--attack');
const sizes = process.argv.includes('--full') ? [1_000, 10_000, 100_000] : quick ? [1_000] : [1_000, 10_000];
const effort = quick ? { rounds: 1, seconds: 2 } : { rounds: 3, seconds: 4 };

const folder = mkdtempSync(join(tmpdir(), 'lab-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const say = (...cells: (string | number)[]) =>
  process.stdout.write(
    `${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(44) : String(cell).padStart(14))).join('')}\n`,
  );
const shown = (value: number, digits = 2) => value.toFixed(digits);

async function labdOn(database: string, file = 'dist/labd.js', more: Record<string, string> = {}): Promise<Labd> {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const token = join(folder, `${new URL(database).pathname.slice(1)}-token`);
  const env = {
    DATABASE_URL: database,
    LABD_PORT: String(port),
    LABD_TLS_PORT: String(tlsPort),
    LABD_ADMIN_TOKEN: token,
    LOG_LEVEL: 'warn',
    ...more,
  };
  // As an executable: its first line says how Node is to be started.
  const program = await start(resolve(file), [], env, `http://127.0.0.1:${port}/graphql`, '/readyz');
  return { ...program, tlsUrl: `https://127.0.0.1:${tlsPort}/graphql`, authorization: authorizationIn(token) };
}

async function bastionOn(labd: Labd): Promise<Running> {
  const port = await freePort();
  const args = [
    'dist/lab-bastion.js',
    '--name',
    'bench',
    '--dir',
    join(folder, 'bastion'),
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--labd',
    labd.tlsUrl,
  ];
  const env = { BASTION_TOKEN: await joinToken(labd, 'bench'), BASTION_SIMULATE_BOOT: '1' };
  return start(process.execPath, args, env, `http://127.0.0.1:${port}`, '/healthz');
}

/** The median wall time of a command, milliseconds. */
function wall(file: string, args: string[], env: Record<string, string> = {}): number | undefined {
  const times = Array.from({ length: quick ? 5 : 15 }, () => {
    const from = performance.now();
    const { error, status } = spawnSync(file, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    return error || status !== 0 ? NaN : performance.now() - from;
  });
  const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!;
  return Number.isNaN(median) ? undefined : median;
}

/** What a shell asks when somebody presses Tab after the beginning of a server's name. */
const completing = ['dist/lab.js', '__complete', '--', 'get', 'server', 's'];

function coldStart(labd: Labd): void {
  say('CLI, wall time', 'ms', '× node -e 0');
  const node = wall(process.execPath, ['-e', '0'])!;
  const rows: [string, number | undefined][] = [
    ['node -e 0', node],
    ['lab get servers (100 servers)', wall(process.execPath, ['dist/lab.js', 'get', 'servers'], signedIn(labd))],
    ['lab --help', wall(process.execPath, ['dist/lab.js', '--help'])],
    ['completion of a name', wall(process.execPath, completing, signedIn(labd))],
    ['kubectl version --client', wall('kubectl', ['version', '--client'])],
  ];
  for (const [name, time] of rows) if (time !== undefined) say(`  ${name}`, shown(time, 0), shown(time / node));
}

async function throughput(size: number, contenders: readonly Contender[], postmaster: number): Promise<void> {
  for (const question of [nested, flat]) {
    const measured = await compare(question, contenders, postmaster, effort);
    const of = (name: string) => measured.find((one) => one.name === name);
    say(
      `${question.name} of ${size.toLocaleString('en')}`,
      'a second',
      '× SQL',
      '× PostGraphile',
      'own ms',
      'postgres ms',
    );
    for (const { name, rate, own, postgres } of measured) {
      const peer = of('PostGraphile');
      say(
        `  ${name}`,
        shown(rate, 0),
        shown(rate / of('hand-written SQL')!.rate),
        peer ? shown(rate / peer.rate) : '-',
        shown(own),
        shown(postgres),
      );
    }
  }
}

const signedIn = (labd: Labd) => ({ LAB_URL: labd.url, LAB_TOKEN: labd.authorization.replace('Bearer ', '') });

/** What permissions cost: the same questions of a labd that has none, of one who holds everything, and of a reader. */
async function access(labd: Labd, database: string, postmaster: number): Promise<void> {
  const open = await labdOn(database, 'node_modules/.cache/bench/open/labd.js');
  const of = (program: Labd, authorization: string, name: string): Contender => ({
    name,
    program,
    ask: (question) => ({ url: program.url, query: question.labd, authorization }),
  });
  const asked = [
    of(open, open.authorization, 'without permissions'),
    of(labd, labd.authorization, 'by an administrator'),
    of(labd, await reader(labd), 'by a reader of one place'),
  ];
  for (const question of [nested, flat]) {
    const measured = await compare(question, asked, postmaster, { ...effort, rounds: effort.rounds + 2 });
    say(`${question.name}, permissions`, 'a second', '× without');
    for (const { name, rate } of measured) say(`  ${name}`, shown(rate, 0), shown(rate / measured[0]!.rate));
  }
  await open.stop();
}

const contenders = (labd: Labd, database: string, peer: Running | undefined): Contender[] => [
  { name: 'hand-written SQL', ask: ({ sql }: Question) => ({ database, sql }) },
  {
    name: 'labd',
    program: labd,
    ask: ({ labd: query }) => ({ url: labd.url, query, authorization: labd.authorization }),
  },
  ...(peer
    ? [
        {
          name: 'PostGraphile',
          program: peer,
          ask: (question: Question) => ({ url: peer.url, query: question.postgraphile }),
        },
      ]
    : []),
];

async function streams(labd: Labd, database: string): Promise<void> {
  const bastion = await bastionOn(labd);
  const used = cpuOf(labd.pid);
  const taken = await ingest(bastion, labd, 1_000);
  const bulk = await bulkInsert(database);
  say('1,000 machines reported', 'seconds', '× bulk insert');
  say('  until all are in the graph', shown(taken), shown(taken / bulk, 0));
  say(
    '  processor time of labd',
    shown((cpuOf(labd.pid) - used) / 1000),
    shown((cpuOf(labd.pid) - used) / 1000 / bulk, 0),
  );
  say('  one bulk insert of the same rows', shown(bulk), 1);
  say('progress callback to the last watcher', 'ms', '× 1 watcher');
  let one: number | undefined;
  for (const watchers of quick ? [1, 100] : [1, 100, 500]) {
    const time = await lag(bastion, labd, watchers, quick ? 5 : 15);
    one ??= time;
    say(`  ${watchers} watchers`, shown(time, 0), shown(time / one));
  }
  await bastion.stop();
}

/** How long random operations at the limits hold the loop of a labd on so many servers. */
async function attack(database: string): Promise<void> {
  const port = await freePort();
  const labd = await labdOn(database, 'dist/labd.js', { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` });
  const many = quick ? 100 : 1_000;
  const seed = Number(process.env['BENCH_SEED'] ?? Date.now() % 1_000_000_000);
  const { longest, calibration, codes, before, after } = await randomly(labd, port, many, seed);
  say(`${many.toLocaleString('en')} random operations (BENCH_SEED=${seed})`, 'ms', '× arithmetic');
  say('  longest hold of the loop, own time', shown(longest.own, 0), shown(longest.own / calibration));
  say('  the same by the clock', shown(longest.wall, 0));
  process.stdout.write(`  by ${longest.query}\n`);
  say('  memory that cannot be let go of', 'MB');
  say('    before', shown(before, 0));
  say('    after', shown(after, 0));
  say('  answers', [...codes].map(([code, times]) => `${code} ${times}`).join(', '));
  await labd.stop();
}

async function createDatabase(admin: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(admin);
  url.pathname = `/${name}`;
  return url.href;
}

async function postmasterOf(admin: string): Promise<number> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const postmaster = parentOf(rows[0]!.pid);
  await client.end();
  return postmaster;
}

/** A fleet of the largest size, and nobody who asks but them. */
async function attackAlone(admin: string): Promise<void> {
  const database = await createDatabase(admin, 'bench');
  const labd = await labdOn(database);
  await fill(database, sizes.at(-1)!);
  await labd.stop();
  await attack(database);
}

/** All of it, each thing after the other. */
async function everything(admin: string): Promise<void> {
  const postmaster = await postmasterOf(admin);
  const database = await createDatabase(admin, 'bench');
  const labd = await labdOn(database);
  say('memory of labd', 'MB');
  say('  started', memoryOf(labd.pid));
  await fill(database, 100);
  coldStart(labd);
  const peer = await startPostGraphile(database);
  for (const size of sizes) {
    await fill(database, size);
    await throughput(size, contenders(labd, database, peer), postmaster);
  }
  await peer?.stop();
  await access(labd, database, postmaster);
  await attack(database);
  say('memory of labd', 'MB');
  say('  after all these questions', memoryOf(labd.pid));
  await labd.stop();
  const fresh = await createDatabase(admin, 'streams');
  const second = await labdOn(fresh);
  await streams(second, fresh);
  say('  memory of labd after these', memoryOf(second.pid));
  await second.stop();
}

const cluster = await startCluster();
try {
  if (attackOnly) await attackAlone(cluster.url);
  else await everything(cluster.url);
} finally {
  await cluster.stop();
}
process.exit();
