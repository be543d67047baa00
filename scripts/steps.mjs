// Steps of the build, each left out when what it reads has not changed since it last ran.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} reads Files and folders, relative to the root; folders named `generated` in them don't count.
 * @property {string[]} makes Files that must be there for the step to count as done.
 * @property {() => Promise<void>} run
 */

/**
 * Runs a step unless it is up to date.
 * @param {string} root The checkout.
 * @param {string} stamps A folder for what was read the last time.
 * @param {Step} step
 * @returns {Promise<boolean>} Whether it ran.
 */
export async function runStep(root, stamps, step) {
  const stamp = join(stamps, step.name);
  const hash = hashOf(root, step.reads);
  const made = step.makes.every((path) => existsSync(join(root, path)));
  if (made && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return false;
  rmSync(stamp, { force: true });
  await step.run();
  const missing = step.makes.find((path) => !existsSync(join(root, path)));
  if (missing) throw new Error(`The build step "${step.name}" did not make ${missing}`);
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, hash);
  return true;
}

/** A hash over the names and contents of files and folders; what does not exist counts as empty. */
function hashOf(root, paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesIn(root, path))) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesIn(root, path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full, { withFileTypes: true })
    .filter((entry) => entry.name !== 'generated' && entry.name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => filesIn(root, `${path}/${entry.name}`));
}
