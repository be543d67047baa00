// Asking for what was so earlier, at a revision or a time: documents that read take it as their variable `at`.
import { kinds } from '../../schema/catalog.ts';
import { CliError } from '../terminal/errors.ts';
import { RevisionAtDocument, TimeOfDocument } from '../generated/documents.ts';
import type { KindView } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';

const FULL = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.\d+$/i;

/** A revision as people write it: what labd printed, rev:N, or N alone; undefined for what is none. */
export function revision(text: string): string | undefined {
  if (FULL.test(text) || /^rev:\d+$/i.test(text)) return text.toLowerCase();
  return /^\d+$/.test(text) ? `rev:${text}` : undefined;
}

/** What --at names: a revision, and when that was, in milliseconds; undefined where nobody knows any more. */
interface Then {
  readonly revision: string;
  readonly time: number | undefined;
}

/** What --at names: a revision, a time, or how long ago. */
async function thenOf(client: Client, at: string): Promise<Then> {
  const named = revision(at);
  if (named) {
    const { timeOf } = await client.run(TimeOfDocument, { revision: named });
    return { revision: named, time: timeOf === null ? undefined : Date.parse(timeOf) };
  }
  const { terminal } = client.target;
  const { moment } = await import('../terminal/moment.ts');
  const time = moment('at', at.replace(/^-(?=\d+[smhd]$)/, ''), terminal);
  const { revisionAt } = await client.run(RevisionAtDocument, { time });
  // What is to come has not aged yet.
  return { revision: revisionAt, time: Math.min(Date.parse(time), terminal.now()) };
}

/** Somebody to ask, and the time that ages are counted to, in milliseconds. */
interface Asked {
  readonly client: Client;
  readonly now: () => number;
}

/** A client whose documents are answered as of --at, and the time then; the same client without it. Throws usage errors. */
export async function asOf(client: Client, at: string | undefined, views: readonly KindView[]): Promise<Asked> {
  const now = () => client.target.terminal.now();
  if (at === undefined) return { client, now };
  const administered = views.find(({ kind }) => kind.administered);
  if (administered) {
    const others = kinds.filter(({ verbs, administered: no }) => verbs.length > 0 && !no).map(({ plural }) => plural);
    throw new CliError(
      'usage',
      `--at is not for ${administered.kind.plural}: of who may do what only the present counts.`,
      `It is for ${others.join(', ')}; lab get audit tells what was done.`,
    );
  }
  const { revision: then, time } = await thenOf(client, at);
  return {
    client: { target: client.target, run: (document, variables) => client.run(document, { ...variables, at: then }) },
    now: time === undefined ? now : () => time,
  };
}
