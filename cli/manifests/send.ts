// Sending manifests to labd, and telling what is wrong with them by file and line.
import { catalog, type KindName } from '../../schema/catalog.ts';
import { CliError } from '../terminal/errors.ts';
import {
  ApplyManifestsDocument,
  type ApplyManifestsInput,
  type ApplyManifestsMutation,
} from '../generated/documents.ts';
import { nearest } from '../../common/nearest.ts';
import type { Client } from '../labd/client.ts';
import { orProblem } from '../kinds/problems.ts';
import type { ParsedManifest, Mistake } from './parse.ts';

type Result = ApplyManifestsMutation['result'];
export type Outcome = Extract<Result, { __typename: 'AppliedManifests' }>['outcomes'][number];
export type Problem = Extract<Result, { __typename: 'ManifestProblems' }>['problems'][number];

export type Options = Partial<Omit<ApplyManifestsInput, 'manifests'>>;

/** The word for a kind in what is printed. */
export const kindWord = (kind: string): string => catalog[kind as KindName]?.field ?? kind.toLowerCase();

/** Labd's answer: what became of each, or all that is wrong. Throws CliError for everything else. */
export async function sendManifests(
  client: Client,
  manifests: readonly object[],
  options: Options,
): Promise<{ outcomes: readonly Outcome[]; problems: readonly Problem[] }> {
  const given = {
    set: null,
    prune: null,
    dryRun: null,
    takeOver: null,
    force: null,
    asRead: null,
    manager: null,
    ...options,
  };
  const { result } = await client.run(ApplyManifestsDocument, { input: { ...given, manifests: [...manifests] } });
  if (result.__typename === 'ManifestProblems') return { outcomes: [], problems: result.problems };
  return { outcomes: orProblem(result, 'AppliedManifests').outcomes, problems: [] };
}

/** A problem in words: where, what, and what to do, with the word that was probably meant. */
export function wordsOf({ path, message, remedy, choices }: Problem): string {
  const wrong = path.split('.').at(-1)!;
  const unknown = /"(.*?)"/.exec(message)?.[1] ?? wrong;
  const meant = choices.length > 0 ? nearest(unknown, choices) : undefined;
  const said = `${path === '' ? '' : `${path}: `}${message}`;
  return `${said} ${meant === undefined ? remedy : `Did you mean "${meant}"?`}`;
}

/** Mistakes as one failure, a line each. */
export function failure(mistakes: readonly Mistake[], forbidden = false): CliError {
  const lines = mistakes.map(({ file, line, text }) => `${line > 0 ? `${file}:${line}` : file}: ${text}`);
  const count = `${mistakes.length} ${mistakes.length === 1 ? 'mistake' : 'mistakes'}`;
  return new CliError(forbidden ? 'forbidden' : 'failed', `${count}; nothing was changed.`, lines.join('\n'));
}

/** Labd's problems, where they are in the files; what is in none is named instead. */
export const located = (manifests: readonly ParsedManifest[], problems: readonly Problem[]): Mistake[] =>
  problems.map((problem) => {
    const { index, path, kind, name } = problem;
    const manifest = index === null ? undefined : manifests[index];
    return manifest
      ? { file: manifest.file, line: manifest.lineOf(path), text: wordsOf(problem) }
      : { file: `${kindWord(kind)}/${name}`, line: 0, text: wordsOf(problem) };
  });
