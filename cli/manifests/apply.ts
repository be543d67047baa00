// What lab apply and lab diff share: the manifests that -f names, sent to labd.
import * as Flags from '@oclif/core/flags';
import { CliError } from '../terminal/errors.ts';
import type { Client } from '../labd/client.ts';
import { readSources } from './files.ts';
import { failure, located, type Options, type Outcome, sendManifests } from './send.ts';

/** What -f says, where it may be left out and where not. */
export const filename = {
  char: 'f',
  multiple: true,
  description: 'file, folder, or - for standard input; may be given several times',
} as const;

export const sourceFlags = {
  filename: Flags.string({ ...filename, required: true }),
  recursive: Flags.boolean({ char: 'R', description: 'also the folders in a folder' }),
  prune: Flags.boolean({ description: 'delete what the set had and the files have no more', dependsOn: ['set'] }),
  set: Flags.string({ description: 'the set that all of them are of' }),
  force: Flags.boolean({ description: 'take fields that others set, and overwrite what was changed since' }),
};

export interface SourceFlags {
  readonly filename: readonly string[];
  readonly recursive?: boolean;
  readonly prune?: boolean;
  readonly set?: string | undefined;
  readonly force?: boolean;
}

/** Reads what -f names and applies it. Throws CliError with all mistakes, each with its file and line. */
export async function applyFiles(client: Client, flags: SourceFlags, more: Options): Promise<readonly Outcome[]> {
  const { parseManifests } = await import('./parse.ts');
  const sources = await readSources(flags.filename, flags.recursive === true, client.target.terminal.in);
  const parsed = sources.map(parseManifests);
  const manifests = parsed.flatMap((one) => one.manifests);
  const mistakes = parsed.flatMap((one) => one.mistakes);
  if (manifests.length === 0 && mistakes.length === 0)
    throw new CliError(
      'usage',
      `There are no manifests in ${flags.filename.join(', ')}.`,
      'Of a folder, files that end in .yaml, .yml or .json are read; -R reads the folders in it, too.',
    );
  const options = { set: flags.set ?? null, prune: flags.prune === true, force: flags.force === true, ...more };
  const values = manifests.map(({ value }) => value);
  // With mistakes in the files themselves, labd is only asked what else is wrong.
  const dryRun = mistakes.length > 0 || options.dryRun === true;
  const { outcomes, problems } = await sendManifests(client, values, { ...options, dryRun });
  mistakes.push(...located(manifests, problems));
  const order = sources.map(({ file }) => file);
  mistakes.sort((a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line);
  const forbidden = problems.length > 0 && problems.every(({ type }) => type === 'Forbidden');
  if (mistakes.length > 0) throw failure(mistakes, forbidden && mistakes.length === problems.length);
  return outcomes;
}
