// A child process that ends when we do, and whose output goes to a log file.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A log that has grown beyond this many bytes makes room at the next start. */
const LOG_LIMIT = 5_000_000;
/** Milliseconds for a child to finish what it is doing. */
const PATIENCE = 15_000;

/**
 * Starts a Node program. Its standard input is a pipe that closes when this process ends in whatever way, `kill -9`
 * included; LAB_EXIT_WITH_PARENT tells it to end then.
 * @param {{ name: string, args: string[], env: NodeJS.ProcessEnv, log: string }} what
 */
export function startChild({ name, args, env, log }) {
  mkdirSync(dirname(log), { recursive: true });
  const before = sizeOf(log);
  const grown = before > LOG_LIMIT;
  if (grown) renameSync(log, `${log}.1`);
  const output = openSync(log, 'a');
  const child = spawn(process.execPath, args, {
    env: { ...env, LAB_EXIT_WITH_PARENT: '1' },
    stdio: ['pipe', output, output],
  });
  closeSync(output);
  // A child that died first leaves a broken pipe behind, which its exit says better.
  child.stdin.on('error', () => {});
  let stopping = false;
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
  });
  const died = exited.then((how) =>
    stopping
      ? new Promise(() => {})
      : Promise.reject(new ChildDied(name, how, log, lastLines(log, grown ? 0 : before))),
  );
  died.catch(() => {});
  return {
    name,
    pid: child.pid,
    /** Rejects with ChildDied when the child ends by itself; never resolves. */
    died,
    /** Asks the child to end, and makes it after a while. */
    async stop() {
      stopping = true;
      child.kill('SIGTERM');
      child.stdin.end();
      const late = sleep(PATIENCE, 'late', { ref: false });
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A child that ended without being asked to. */
class ChildDied extends Error {
  /**
   * @param {string} name
   * @param {string} how
   * @param {string} log
   * @param {string} lines
   */
  constructor(name, how, log, lines) {
    super(`${name} ${how}. The last lines of ${log}:\n\n${lines}`);
    this.name = 'ChildDied';
  }
}

/** The last lines that this run wrote; of a structured log line only what it says. */
function lastLines(log, from) {
  const lines = readFileSync(log).subarray(from).toString().trimEnd().split('\n').slice(-12);
  return lines.map((line) => `  ${readable(line)}`).join('\n');
}

function readable(line) {
  try {
    const { msg, err, reason } = JSON.parse(line);
    return [msg, reason ?? err?.message].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}

function sizeOf(file) {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
