// Every kind on the command line, and how what was typed finds one.
import { CliError } from '../terminal/errors.ts';
import { bastion } from './bastion.ts';
import { cluster } from './cluster.ts';
import { install } from './install.ts';
import type { KindView } from './kind.ts';
import { network } from './network.ts';
import { query } from './query.ts';
import { role } from './role.ts';
import { secret } from './secret.ts';
import { server } from './server.ts';
import { session } from './session.ts';
import { token } from './token.ts';
import { user } from './user.ts';
import { vm } from './vm.ts';

export const views: readonly KindView[] = [
  server,
  install,
  cluster,
  network,
  bastion,
  vm,
  query,
  secret,
  user,
  role,
  token,
  session,
];

/** Every word that means a kind. */
export const namesOf = ({ kind }: KindView): string[] => [kind.plural, ...kind.aliases];

/** How many letters have to change, or change places with the next, to make one word of another. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1]![j - 1]! + Number(a[i - 1] !== b[j - 1]);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, change, swapped ? rows[i - 2]![j - 2]! + 1 : Infinity);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The word that was probably meant, if one is close. */
export function closest(word: string, words: readonly string[]): string | undefined {
  const [best] = words.map((one) => ({ one, far: distance(word, one) })).sort((a, b) => a.far - b.far);
  return best && best.far <= Math.max(1, Math.floor(word.length / 3)) ? best.one : undefined;
}

/** The kind that a word means, in any case. Throws a usage error with the word that was probably meant. */
export function findKind(word: string): KindView {
  const wanted = word.toLowerCase();
  const found = views.find((view) => namesOf(view).includes(wanted));
  if (found) return found;
  const meant = closest(wanted, views.flatMap(namesOf));
  throw new CliError(
    'usage',
    `lab has no kind "${word}".${meant ? ` Did you mean "${meant}"?` : ''}`,
    (lab) => `See: ${lab} api-resources`,
  );
}
