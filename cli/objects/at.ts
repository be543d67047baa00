// Asking for what was so earlier, at a revision or a time: documents that read take it as their variable `at`.
import { kinds } from '../../schema/catalog.ts';
import { CliError } from '../terminal/errors.ts';
import { RevisionAtDocument } from '../generated/documents.ts';
import type { KindView } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';

const FULL = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+$/i;

/** A revision as people write it: what labd printed, rev:N, or N alone; undefined for what is none. */
export function revision(text: string): string | undefined {
  if (FULL.test(text) || /^rev:\d+$/i.test(text)) return text.toLowerCase();
  return /^\d+$/.test(text) ? `rev:${text}` : undefined;
}

/** The revision that --at names: one, a time, or how long ago. */
async function revisionOf(client: Client, at: string): Promise<string> {
  const named = revision(at);
  if (named) return named;
  const { moment } = await import('../terminal/moment.ts');
  const time = moment('at', at.replace(/^-(?=\d+[smhd]$)/, ''), client.target.terminal);
  return (await client.run(RevisionAtDocument, { time })).revisionAt;
}

/** A client whose documents are answered as of --at; the same client without it. Throws usage errors. */
export async function asOf(client: Client, at: string | undefined, views: readonly KindView[]): Promise<Client> {
  if (at === undefined) return client;
  const administered = views.find(({ kind }) => kind.administered);
  if (administered) {
    const others = kinds.filter(({ verbs, administered: no }) => verbs.length > 0 && !no).map(({ plural }) => plural);
    throw new CliError(
      'usage',
      `--at is not for ${administered.kind.plural}: of who may do what only the present counts.`,
      `It is for ${others.join(', ')}; lab get audit tells what was done.`,
    );
  }
  const then = await revisionOf(client, at);
  return { target: client.target, run: (document, variables) => client.run(document, { ...variables, at: then }) };
}
