// Asking before objects go: what hangs on each is shown, and its name is typed.
import { CliError } from '../terminal/errors.ts';
import type { Chosen } from './targets.ts';
import type { Client } from '../labd/client.ts';
import { askFor } from '../terminal/secret.ts';
import { harmless } from '../terminal/text.ts';

/** How many names are printed at most. */
const SOME = 5;

const listed = (names: readonly string[], count: number): string =>
  names.length < count || names.length > SOME
    ? `${names.slice(0, SOME).join(', ')} and ${count - Math.min(SOME, names.length)} more`
    : names.join(', ');

/** What goes, or loses something, with an object: a line for each way. */
async function consequences(client: Client, { view, row }: Chosen): Promise<string[]> {
  const { one } = await client.run(view.documents.describe, { by: { id: row.id } } as never);
  const hanging = one === null ? [] : (view.hanging?.(one) ?? []);
  return hanging.filter(({ count }) => count > 0).map(({ what, names, count }) => `${what}: ${listed(names, count)}`);
}

/** Shows what goes, or loses something, with an object. */
export async function showConsequences(client: Client, target: Chosen): Promise<void> {
  for (const line of await consequences(client, target)) client.target.terminal.err.write(`${harmless(line)}\n`);
}

/**
 * Asks for the name of each object before a verb is done to it. Throws a usage error when nobody is there to ask, and
 * CliError when another name, or none, is typed.
 */
export async function confirmEach(client: Client, verb: string, targets: readonly Chosen[]): Promise<void> {
  const { terminal } = client.target;
  if (!terminal.in.isTTY) {
    const named = targets.map(({ view, row }) => `${view.kind.field}/${row.name}`).join(', ');
    throw new CliError('usage', `Nobody is there to be asked whether to ${verb} ${named}.`, 'Add --yes.');
  }
  for (const one of targets) {
    const called = `${one.view.kind.field}/${one.row.name}`;
    await showConsequences(client, one);
    const typed = await askFor(terminal, `Type ${harmless(one.row.name)} to ${verb} ${harmless(called)}: `);
    if (typed.trim() !== one.row.name) throw new CliError('failed', `That is not its name. Nothing was done.`);
  }
}
