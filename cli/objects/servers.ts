// Verbs about servers alone: NAME…, server NAME… and server/NAME… all mean servers.
import { CliError } from '../terminal/errors.ts';
import { namesOf } from '../kinds/index.ts';
import { server } from '../kinds/server.ts';
import { findOne } from './lists.ts';
import { selections } from './references.ts';

/** What the words call servers. Throws usage errors. */
export function serversIn(words: readonly string[], verb: string): string[] {
  const [first = '', ...more] = words;
  const kinded = first.includes('/') || (more.length > 0 && namesOf(server).includes(first.toLowerCase()));
  const chosen = kinded ? selections(words, verb) : [{ view: server, names: words }];
  const other = chosen.find(({ view }) => view !== server);
  if (other) throw new CliError('usage', `lab ${verb} goes with servers, not with ${other.view.kind.plural}.`);
  const names = chosen.flatMap((one) => one.names);
  if (names.length > 0) return names;
  throw new CliError('usage', 'Say which server.', (lab) => `Such as: ${lab} ${verb} NAME`);
}

/** The one server that the words call. Throws usage errors. */
export function serverIn(words: readonly string[], verb: string): string {
  const [name, ...more] = serversIn(words, verb);
  if (more.length === 0) return name!;
  throw new CliError('usage', `One server at a time: "${more[0]}" is one too many.`);
}

/** A server by what it was called, asked for with any document. Throws CliError when there is none. */
export const findServer = <R>(
  run: (by: Record<string, string>) => Promise<{ one: R | null }>,
  called: string,
): Promise<R> => findOne(run, server, called);
