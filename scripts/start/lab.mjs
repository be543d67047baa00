// Calls the built CLI, as a person at this terminal would.
import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Runs a command of the CLI and returns what it printed.
 * @param {string} root The checkout.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<string>} Throws an Error with the command's own message when it fails.
 */
export async function lab(root, args, env) {
  try {
    const done = await promisify(execFile)(process.execPath, [join(root, 'dist', 'lab.js'), ...args], { env });
    return done.stdout;
  } catch (error) {
    throw new Error(`lab ${args.join(' ')} failed: ${error.stderr?.trim() || error.message}`, { cause: error });
  }
}

/** How the CLI is called in hints: `lab` if that finds this checkout's, else its absolute path. */
export function labCommand(root, path = '') {
  const ours = realpathSync(join(root, 'dist', 'lab.js'));
  const found = path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => real(join(folder, 'lab')))
    .find((file) => file !== null);
  return found === ours ? 'lab' : ours;
}

function real(file) {
  try {
    return realpathSync(file);
  } catch {
    return null;
  }
}
