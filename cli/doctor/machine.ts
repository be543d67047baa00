// This machine: the runtime, the configuration and who else may read it.
import { stat } from 'node:fs/promises';
import { configFile, readConfig } from '../config/config.ts';
import { programName } from '../terminal/programName.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { failure, failureOf, type Finding, ok, warning } from './finding.ts';

/** The oldest Node.js that lab is tested on. */
const OLDEST = [20, 19] as const;

/** Finds what is wrong here, before anything is asked of anybody. */
export async function* examineMachine(terminal: Terminal): AsyncGenerator<Finding> {
  const [major, minor] = process.versions.node.split('.').map(Number) as [number, number];
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  yield old
    ? warning(
        `Node.js ${process.versions.node} is older than what lab is tested on`,
        `Install ${OLDEST.join('.')} or newer.`,
      )
    : ok(`Node.js ${process.versions.node}`);
  if (programName(terminal) !== 'lab') yield warning('lab is not on PATH', (lab) => `Its whole path works too: ${lab}`);
  yield* configuration(terminal);
}

async function* configuration(terminal: Terminal): AsyncGenerator<Finding> {
  const file = configFile(terminal.env);
  const mode = await stat(file).then(
    (found) => found.mode,
    () => undefined,
  );
  if (mode === undefined) {
    yield warning(`There is no configuration ${file}`, (lab) => `Signing in makes one: ${lab} login`);
    return;
  }
  if ((mode & 0o077) !== 0)
    yield failure(`Others on this machine may read ${file}, and the tokens in it`, `Type: chmod 600 ${file}`);
  const config = await readConfig(terminal).catch(failureOf);
  if ('how' in config) {
    yield config;
    return;
  }
  const { contexts, currentContext } = config;
  if (currentContext !== undefined && !contexts.some(({ name }) => name === currentContext))
    yield failure(
      `The current context "${currentContext}" is not in ${file}`,
      (lab) => `Choose another: ${lab} config use-context NAME`,
    );
  else yield ok(`${file} has ${contexts.length} ${contexts.length === 1 ? 'context' : 'contexts'}`);
}
