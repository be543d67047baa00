// What `npm start` may be told, on the command line and in the environment.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export const usage = `Usage: npm start -- [--once] [--port N] [--tls-port N] [--bastion-port N] [--data DIR]

  --once            print the machines that were found, and end
  --port N          labd's port (LABD_PORT; 4000)
  --tls-port N      labd's port for bastions and other machines (LABD_TLS_PORT; 4443)
  --bastion-port N  the bastion's port (BASTION_PORT; 8080)
  --data DIR        where labd and the bastion keep their data and logs (.lab)`;

/**
 * Reads arguments and environment. Throws an Error that says what is wrong.
 * @param {string[]} argv
 * @param {NodeJS.ProcessEnv} env
 * @param {string} root The checkout.
 */
export function readOptions(argv, env, root) {
  const text = { type: /** @type {const} */ ('string') };
  const flag = { type: /** @type {const} */ ('boolean'), default: false };
  const options = {
    once: flag,
    help: { ...flag, short: 'h' },
    port: text,
    'tls-port': text,
    'bastion-port': text,
    data: text,
  };
  const { values } = parseArgs({ args: argv, options, strict: true });
  const data = values.data === undefined ? join(root, '.lab') : resolve(values.data);
  return {
    once: values.once,
    help: values.help,
    data,
    labdPort: readPort('--port', values.port ?? env.LABD_PORT ?? '4000'),
    tlsPort: readPort('--tls-port', values['tls-port'] ?? env.LABD_TLS_PORT ?? '4443'),
    bastionPort: readPort('--bastion-port', values['bastion-port'] ?? env.BASTION_PORT ?? '8080'),
    labdData: values.data === undefined && env.LABD_DATA ? resolve(env.LABD_DATA) : join(data, 'labd'),
    bastionDir: values.data === undefined && env.BASTION_DIR ? resolve(env.BASTION_DIR) : join(data, 'bastion'),
  };
}

function readPort(name, text) {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new Error(`${name} is a number from 1 to 65535, not "${text}".`);
}
