// What bastions have of what profiles are installed from, in words.
import type { ReadinessFragment } from '../generated/documents.ts';
import { harmless } from '../terminal/text.ts';
import type { Section } from './kind.ts';

/** What is missing, such as `kernel a/linux, initrd a/initrd.gz`. */
export const missingText = ({ missing }: Pick<ReadinessFragment, 'missing'>): string =>
  missing.map(({ use, path }) => `${use} ${harmless(path)}`).join(', ');

/** What to type on the bastion's machine. */
export const commandText = ({ commands }: Pick<ReadinessFragment, 'commands'>, lab: string): string =>
  commands.map((command) => `${lab} ${command}`).join(' and ');

/** One of the two, whichever the other is of. */
export function readinessSection(called: string, pair: ReadinessFragment): Section {
  if (pair.ready === null) return { title: `${called}: not known, since it does not say which files it has` };
  if (pair.ready) return { title: `${called}: ready` };
  return {
    title: `${called}: lacks files`,
    facts: [
      ['Missing', missingText(pair)],
      ['On its machine', commandText(pair, 'lab')],
    ],
  };
}

/** The names of bastions that are ready; of one that does not say, its name with a question mark. */
export function readyText(
  bastions: readonly (Pick<ReadinessFragment, 'ready'> & { readonly bastion: { readonly name: string } | null })[],
): string | null {
  const names = bastions.flatMap(({ ready, bastion }) =>
    ready === false || bastion === null ? [] : [ready === null ? `${bastion.name}?` : bastion.name],
  );
  return names.join(', ') || null;
}
