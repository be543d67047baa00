// Telling an object that was given another name from one that never was.
import { EventsDocument, HistoryDocument } from '../generated/documents.ts';
import type { KindView } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { CliError } from '../terminal/errors.ts';
import type { NotFound } from './lists.ts';

/** Changes that are looked through for the one that gave the name. */
const MOST = 200;

/** What an object is called now, and since which revision; undefined when none was called so. */
async function renamed(client: Client, view: KindView, called: string): Promise<[string, string] | undefined> {
  const name = called.toLowerCase();
  const filter = { kind: { eq: view.kind.type }, name: { eq: name } };
  const { page } = await client.run(EventsDocument, { first: 1, after: null, filter });
  const id = page.nodes[0]?.objectId;
  if (!id) return undefined;
  const shape = { wide: false, full: false };
  const { one } = await client.run(view.documents.get, { by: { id }, ...shape } as never);
  if (!one || one.name === name) return undefined;
  const { node } = await client.run(HistoryDocument, { id, first: MOST, after: null });
  const changes = node && 'history' in node ? node.history.nodes : [];
  const change = changes.find((each) => each.changes.some(({ field, before }) => field === 'name' && before === name));
  return change && [one.name, change.revision.split('.').at(-1)!];
}

/** The failure with the name that the object has now, when it had the one it was called by. */
export async function toldApart(client: Client, error: NotFound): Promise<CliError> {
  const { view, called, message } = error;
  // Who may not read events, or has lost labd meanwhile, is told what is known.
  const found = await renamed(client, view, called).catch(() => undefined);
  if (!found) return error;
  const [name, revision] = found;
  const { field } = view.kind;
  return new CliError(
    'notFound',
    `${message}: it was renamed to "${name}" at revision ${revision}`,
    (lab) => `See it: ${lab} get ${field} ${name}`,
  );
}
