// The demo's course: build, start, simulate, show, stay up, and end both children in every case.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from '../build.mjs';
import { root } from '../ensure-installed.mjs';
import { tryLock } from '../lock.mjs';
import { startChild } from './child.mjs';
import { lab, labCommand } from './lab.mjs';
import { answering, demandFreePort } from './ready.mjs';

const BASTION = 'demo';
const MACHINES = 12;
/** Always the same machines, so that a second start finds them again. */
const SEED = 7;
/** Milliseconds for a step of an install, so that there is time to watch it. */
const PACE = 8_000;
/** Milliseconds for a child to answer, and for the machines to be seen. */
const PATIENCE = 60_000;

/**
 * Runs the demo until it is interrupted (or, with `once`, until it has printed).
 * @param {ReturnType<typeof import('./options.mjs').readOptions>} options
 * @returns {Promise<number>} The exit code.
 */
export async function runDemo(options) {
  const children = [];
  let lock;
  try {
    await build();
    lock = await takeData(options.data);
    await demandFreePort(options.labdPort, 'labd', '--port');
    await demandFreePort(options.tlsPort, 'labd, for bastions,', '--tls-port');
    await demandFreePort(options.bastionPort, 'the bastion', '--bastion-port');
    const interrupted = interruption();
    const start = async (child, url) => {
      children.push(child);
      await Promise.race([answering(url, PATIENCE), ...children.map((one) => one.died), interrupted]);
    };
    await start(startLabd(options), `http://127.0.0.1:${options.labdPort}/readyz`);
    const env = signedIn(options);
    await start(
      startBastion(options, await joinToken(options, env)),
      `http://127.0.0.1:${options.bastionPort}/healthz`,
    );
    await Promise.race([reported(options, env), ...children.map((one) => one.died), interrupted]);
    if (!options.once) {
      // These machines are let alone by the others, which stand by only after that.
      await Promise.race([failOne(options, env), ...children.map((one) => one.died), interrupted]);
      children.push(startMachines(options, env));
    }
    const shown = show(options, env).then(() => (options.once ? undefined : new Promise(() => {})));
    await Promise.race([shown, ...children.map((one) => one.died), interrupted]);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return 0;
    console.error(error.message);
    return 1;
  } finally {
    for (const child of children.reverse()) await child.stop();
    await lock?.release();
  }
}

async function takeData(data) {
  const lock = await tryLock(join(data, 'start.lock'));
  if ('release' in lock) return lock;
  throw new Error(
    `The data directory ${data} is in use by another npm start (process ${lock.holder}). ` +
      `End that one (Ctrl-C there), or choose other data and ports: ` +
      `npm start -- --data .lab2 --port 4001 --tls-port 4444 --bastion-port 8081`,
  );
}

/** The file in which labd leaves its administrator's token. */
const tokenFile = ({ labdData }) => join(labdData, 'admin-token');

function startLabd({ labdPort, tlsPort, labdData, data }) {
  const env = {
    ...process.env,
    LABD_HOST: '127.0.0.1',
    LABD_PORT: String(labdPort),
    LABD_TLS_PORT: String(tlsPort),
    LABD_DATA: labdData,
    LABD_ADMIN_TOKEN: tokenFile({ labdData }),
  };
  // A database that this terminal has in mind for something else is not to be filled with a demo.
  delete env.DATABASE_URL;
  const args = [join(root, 'dist', 'labd.js')];
  // Somebody removed it: whoever has the directory may have another.
  if (existsSync(labdData) && !existsSync(tokenFile({ labdData }))) args.push('--new-admin-token');
  return startChild({ name: 'labd', args, env, log: join(data, 'log', 'labd.log') });
}

/** What a command needs to ask this labd as its administrator. */
function signedIn(options) {
  const env = {
    ...process.env,
    LAB_URL: `http://127.0.0.1:${options.labdPort}/graphql`,
    LAB_TOKEN: readFileSync(tokenFile(options), 'utf8').trim(),
  };
  delete env.LAB_CONTEXT;
  return env;
}

/** A token that lets the bastion join; none when it has joined this labd already. */
async function joinToken({ bastionDir }, env) {
  const known = `{ bastion(by: { name: "${BASTION}" }) { certificateSerial revokedAt } }`;
  const { bastion } = JSON.parse(await lab(root, ['api', known], env)).data;
  if (bastion?.certificateSerial && !bastion.revokedAt && existsSync(join(bastionDir, 'identity.json')))
    return undefined;
  const document = `mutation { made: createToken(input: { purpose: BASTION, subject: "${BASTION}" }) { ... on CreatedToken { secret } } }`;
  return JSON.parse(await lab(root, ['api', document], env)).data.made.secret;
}

function startBastion({ tlsPort, bastionPort, bastionDir, data }, token) {
  const env = {
    ...process.env,
    BASTION_DIR: bastionDir,
    BASTION_HOST: '127.0.0.1',
    BASTION_PORT: String(bastionPort),
    BASTION_NAME: BASTION,
    BASTION_SIMULATE_BOOT: '1',
    LAB_URL: `https://127.0.0.1:${tlsPort}/graphql`,
  };
  delete env.BASTION_TOKEN;
  if (token !== undefined) env.BASTION_TOKEN = token;
  const args = [join(root, 'dist', 'lab-bastion.js')];
  return startChild({ name: 'lab-bastion', args, env, log: join(data, 'log', 'bastion.log') });
}

const simulation = ({ bastionPort }, ...what) => [
  'simulate',
  ...what,
  ...['--seed', String(SEED), '--bastion', `http://127.0.0.1:${bastionPort}`],
];
const dozen = ['--servers', String(MACHINES)];

/** Lets the machines be found. */
async function reported(options, env) {
  await lab(root, simulation(options, ...dozen), env);
  await allSeen(env);
}

/** Lets the install of one of the machines fail, for a reason to look at; only where none was installed yet. */
async function failOne(options, env) {
  const { installs } = JSON.parse(await lab(root, ['api', '{ installs { totalCount } }'], env)).data;
  if (installs.totalCount > 0) return;
  await lab(root, simulation(options, '--installs', '1', '--fail', '100%', '--pace', '50'), env);
}

/** Machines that were never installed, of which most systems take any, with a disk of each. */
async function installable(env) {
  const query =
    '{ servers(filter: { status: { eq: DISCOVERED } }) { nodes { name arch memoryGb disks { nodes { name sizeGb } } } } }';
  const { servers } = JSON.parse(await lab(root, ['api', query], env)).data;
  return servers.nodes.flatMap(({ name, arch, memoryGb, disks }) => {
    const disk = disks.nodes.find(({ sizeGb }) => sizeGb >= 20)?.name;
    return arch === 'x86_64' && memoryGb >= 4 && disk !== undefined ? [{ name, disk }] : [];
  });
}

/** Machines that boot when their install is ordered, as if somebody stood beside them. */
function startMachines(options, env) {
  const args = [join(root, 'dist', 'lab.js'), ...simulation(options, ...dozen), '--boot', '--pace', String(PACE)];
  return startChild({ name: 'lab simulate', args, env, log: join(options.data, 'log', 'machines.log') });
}

/** Prints the machines and what to do next. */
async function show(options, env) {
  const { once, data } = options;
  const url = env.LAB_URL;
  // Becomes the current one only where there is none yet.
  const context = ['local', '--url', url, '--token-file', tokenFile(options)];
  await lab(root, ['config', 'set-context', ...context], process.env);
  const [installed, next] = once ? [] : await installable(env);
  if (installed)
    await lab(
      root,
      ['provision', installed.name, '--os', 'debian-13', '--set', `disk=${installed.disk}`, '--yes'],
      env,
    );
  const table = await lab(root, ['get', 'servers'], env);
  console.log(`$ lab get servers\n${table}`);
  if (once) return;
  const command = labCommand(root, process.env.PATH);
  // Where another context is current, what is pasted must not reach another labd.
  const there = (await lab(root, ['config', 'get', 'url'], env)).trim() === url ? '' : ' --context local';
  const failed = table
    .split('\n')
    .find((line) => /^\S+ +failed /.test(line))
    ?.split(' ')[0];
  const first = next?.name ?? table.split('\n')[1]?.split(' ')[0];
  const onDisk = next ? ` --set disk=${next.disk}` : '';
  const made = await lab(root, ['api', 'mutation { link: createSignInLink { ... on SignInLink { path } } }'], env);
  console.log(`GraphiQL, signed in as admin; the link works once, within ten minutes:
  ${new URL(JSON.parse(made).data.link.path, url).href}
Try next, in another terminal:
  ${command} describe server ${first}${there}
  ${command} top${there}${failed ? `\n  ${command} why server ${failed}${there}` : ''}
  ${command} provision ${first} --os fedora-43${onDisk} --wait${there}
  ${command} get servers -w${there}
  ${command} create network --name lab --cidr 192.168.8.0/24 --gateway 192.168.8.1${there}
Logs are in ${join(data, 'log')}. Ctrl-C ends labd and the bastion; the data stays in ${data}.`);
}

async function allSeen(env) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const answer = JSON.parse(await lab(root, ['api', '{ servers { totalCount } }'], env));
    if (answer.data.servers.totalCount >= MACHINES) return;
    if (Date.now() > deadline)
      throw new Error(`Only ${answer.data.servers.totalCount} of ${MACHINES} machines have arrived in labd.`);
    await sleep(100);
  }
}

class Interrupted extends Error {}

/** Rejects with Interrupted on a signal, or when the npm that runs us is gone, `kill -9` included. */
function interruption() {
  const promise = new Promise((_resolve, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => reject(new Interrupted(signal)));
    const parent = process.ppid;
    if (process.env.npm_lifecycle_event === 'start') {
      setInterval(() => process.ppid !== parent && reject(new Interrupted('npm has ended')), 500).unref();
    }
  });
  promise.catch(() => {});
  return promise;
}
