// Runs the tests, after installing and building what is missing, and ends with one line: `N passed, N failed`.
//
//   node scripts/test.mjs                        all that needs nothing but Node, databases embedded
//   node scripts/test.mjs --project postgres     one project of vitest.config.ts; may be said more than once
// What follows is handed to vitest, such as a file's name.
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled, root } from './ensure-installed.mjs';
import { closingLine, countResults } from './results.mjs';

await ensureInstalled();
const { build } = await import('./build.mjs');
try {
  await build();
} catch (error) {
  console.error(error.message);
  console.log(closingLine({ passed: 0, failed: 1, skipped: 0 }));
  process.exit(1);
}

const { projects, rest } = readArguments(process.argv.slice(2));
const folder = mkdtempSync(join(temporary(), 'lab-tests-'));
// PostgreSQL, which does not run as root, has a folder below it.
chmodSync(folder, 0o711);
const counts = countResults(...(await runVitest(join(folder, 'report.json'))));
rmSync(folder, { recursive: true, force: true });
console.log(closingLine(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;

function readArguments(rest) {
  const projects = [];
  for (let at; (at = rest.indexOf('--project')) >= 0;) projects.push(rest.splice(at, 2)[1]);
  return { projects: projects.length > 0 ? projects : ['plain', 'database'], rest };
}

/**
 * Where tests make their files: in memory, if there is a lot of room. All of it is removed in the end, so that waiting
 * until a disk has it is lost time.
 */
function temporary() {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize > 4 * 2 ** 30) return '/dev/shm';
  } catch {
    // Not every system has it.
  }
  return tmpdir();
}

async function runVitest(report) {
  const env = { ...process.env, TMPDIR: folder };
  // Settings of the person who runs the tests would lead them to that person's data.
  for (const name of ['DATABASE_URL', 'LABD_DATA', 'LAB_URL', 'LAB_CONTEXT', 'LAB_TOKEN', 'BASTION_DIR'])
    delete env[name];
  env.LAB_CONFIG = join(folder, 'config.yaml');
  const args = ['node_modules/vitest/vitest.mjs', 'run', ...projects.flatMap((name) => ['--project', name])];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [...args, ...reporters, ...rest], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Whoever stops the tests stops vitest; what they made is removed all the same.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  const exitCode = await new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  try {
    return [JSON.parse(readFileSync(report, 'utf8')), exitCode];
  } catch {
    return [null, exitCode];
  }
}
