// Makes `npm start` and `npm test` work on a fresh checkout: runs `npm ci` when the lockfile asks for other packages
// than are installed. Imports only what Node has, since nothing else may be there yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

/** The checkout's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST = [20, 19];

/**
 * Installs what is missing. Ends the process with exit code 1 and a message when Node is too old or npm fails. Asks
 * nothing, so that it works with no standard input.
 */
export async function ensureInstalled() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    fail(
      `lab needs Node ${OLDEST.join('.')} or newer, and this is ${process.version}. Install a newer Node and try again.`,
    );
  }
  if (isInstalled()) return;
  await withLock(join(root, '.lab', 'install.lock'), 'installing packages', () => {
    if (isInstalled()) return;
    console.error('Installing packages (npm ci) …');
    const [command, ...given] = npm();
    const { status, error } = spawnSync(command, [...given, 'ci', '--no-fund', '--no-audit'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    if (error) fail(`npm could not be started: ${error.message}. Is npm on PATH?`);
    if (status !== 0) fail('`npm ci` failed, see above. Is the package registry reachable? Then try again.');
    writeFileSync(stampFile(), lockfileHash());
  });
}

/** How npm is called: the npm that runs us, else the one on PATH. */
function npm() {
  const path = process.env.npm_execpath;
  return path && basename(path).startsWith('npm') && existsSync(path) ? [process.execPath, path] : ['npm'];
}

/** The stamp says that this lockfile is installed; without one, as after a plain `npm install`, npm's own list does. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const hash = lockfileHash();
  if (existsSync(stampFile()) && readFileSync(stampFile(), 'utf8') === hash) return true;
  const there = JSON.parse(readFileSync(installed, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const same = Object.entries(wanted).every(([path, { version, optional, peer }]) => {
    if (path === '') return true;
    // What is optional may be for another platform; what is only somebody's peer may be left out.
    return there[path] ? there[path].version === version : Boolean(optional ?? peer);
  });
  if (same) writeFileSync(stampFile(), hash);
  return same;
}

function stampFile() {
  return join(root, 'node_modules', '.lab-installed');
}

function lockfileHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureInstalled();
