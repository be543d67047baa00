// Which bastion is meant: that of this host, another by its directory, or one elsewhere by its address and a token from its directory.
import { CliError } from '../terminal/errors.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/text.ts';
import { healthOf } from './health.ts';
import { type BastionAt, bastionIn, directoryOf } from './socket.ts';

/** What --bastion takes, for help, also where it is what is asked. */
export const BASTION_PLACES = 'here, or its name, directory or URL (with LAB_BASTION_TOKEN)';
export const BASTION_HELP = `ask a bastion without labd: ${BASTION_PLACES}`;

/** The bastion that a text names. Throws CliError. */
export async function bastionAt(text: string, terminal: Terminal): Promise<BastionAt> {
  if (/^https?:/i.test(text)) {
    const url = urlOf(text);
    const token = terminal.env['LAB_BASTION_TOKEN'];
    if (token) return { by: 'url', url, token };
    throw new CliError(
      'usage',
      'A bastion elsewhere is asked with a token from its directory.',
      'Put what stands in its file api.token into LAB_BASTION_TOKEN.',
    );
  }
  if (text.includes('/')) return bastionIn(text, '--bastion');
  const here = bastionIn(directoryOf(undefined, terminal), '--bastion');
  const name = text === 'here' ? undefined : (await healthOf(here))?.name;
  if (text === 'here' || name === text) return here;
  throw new CliError(
    'notFound',
    name === undefined
      ? `No bastion runs in ${here.dir}.`
      : `The bastion of this host is "${harmless(name)}", and not "${harmless(text)}".`,
    'Name it as here, by its directory, or by its URL.',
  );
}

/** Where a bastion listens that is not told otherwise. */
const USUAL_PORT = '8080';

/** The address in a URL, with its port. Throws CliError for what is no URL of a bastion: the token goes there. */
function urlOf(text: string): string {
  const remedy = 'Write its URL such as http://10.77.0.1:8080.';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:') throw new CliError('usage', 'A bastion speaks HTTP.', remedy);
  if (!url || url.username !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '')
    throw new CliError('usage', `"${harmless(text)}" is no URL of a bastion.`, remedy);
  // A URL that says port 80 has none any more.
  const said = /:80\/?$/.test(text) ? '80' : USUAL_PORT;
  return `http://${url.hostname}:${url.port || said}`;
}
