// Which bastion is meant: that of this host, another by its directory, or one elsewhere by its address and a token from its directory.
import { CliError } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';
import { healthIn } from './health.ts';
import { type BastionAt, directoryOf } from './socket.ts';

/** What --bastion takes, for help. */
export const BASTION_HELP = 'ask a bastion without labd: here, or its name, directory or URL (with LAB_BASTION_TOKEN)';

/** The bastion that a text names. Throws CliError. */
export async function bastionAt(text: string, terminal: Terminal): Promise<BastionAt> {
  if (text.startsWith('https://'))
    throw new CliError('usage', 'A bastion speaks HTTP.', 'Write its URL such as http://10.77.0.1:8080.');
  if (text.startsWith('http://')) {
    const token = terminal.env['LAB_BASTION_TOKEN'];
    if (token) return { url: text, token };
    throw new CliError(
      'usage',
      'A bastion elsewhere is asked with a token from its directory.',
      'Put what stands in its file api.token into LAB_BASTION_TOKEN.',
    );
  }
  if (text.includes('/')) return text;
  const here = directoryOf(undefined, terminal);
  const name = text === 'here' ? undefined : (await healthIn(here))?.name;
  if (text === 'here' || name === text) return here;
  throw new CliError(
    'notFound',
    name === undefined
      ? `No bastion runs in ${here}.`
      : `The bastion of this host is "${harmless(name)}", and not "${harmless(text)}".`,
    'Name it as here, by its directory, or by its URL.',
  );
}
