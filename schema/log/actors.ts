// Who did something, as the change log tells it. A person's name is told to whoever may read what they did it to; that of
// a bastion, an agent or a token is told to who may read these.
import { isEverything, matches, nothing, type Where } from '../../server/domain/where.ts';
import type { KindName } from '../catalog.ts';
import type { Context } from '../base/context.ts';
import { filterBy, type FilterField, type Reader } from '../lists/filter.ts';
import { readerOf, visible } from '../lists/listArguments.ts';
import { resourceOf } from '../lists/registry.ts';
import { tableOf } from '../rows/tables.ts';

/** What stands before the name in an actor, and its kind. */
const kinds: Readonly<Record<string, KindName>> = { bastion: 'Bastion', agent: 'Agent', token: 'Token' };

/** More names of a kind than these are not looked through: the rest count as hidden. */
const MOST = 10_000;

/** The actor as the caller may read it: without its name, when that is the name of something hidden or gone. */
export function actorFor(actor: string, context: Context): string | Promise<string> {
  const [, what = '', name = ''] = /^(\w+)\/(.*)$/.exec(actor) ?? [];
  const kind = kinds[what];
  if (!kind || isEverything(visible(context, resourceOf(kind)))) return actor;
  return context.batches.load(`actor ${kind}`, name, async (names: readonly string[]) => {
    const where = { AND: [{ name: { in: [...new Set(names)] } }, visible(context, resourceOf(kind))] };
    const found = await tableOf(context, kind).findMany({ where, select: { id: true, name: true } });
    const seen = new Set(found.map((row) => row['name']));
    return (one: string) => (seen.has(one) ? `${what}/${one}` : what);
  });
}

/** Who filters the log. */
export async function logReader(context: Context): Promise<Reader> {
  const hidden = await Promise.all(
    Object.entries(kinds).map(async ([what, kind]) => {
      const where = visible(context, resourceOf(kind));
      if (isEverything(where)) return { shown: what, where: nothing };
      const seen = await tableOf(context, kind).findMany({
        where,
        select: { id: true, name: true },
        orderBy: [{ id: 'asc' }],
        take: MOST,
      });
      const told = seen.map((row) => `${what}/${String(row['name'])}`);
      return {
        shown: what,
        where: { AND: [{ actor: { startsWith: `${what}/` } }, { NOT: { actor: { in: told } } }] } satisfies Where,
      };
    }),
  );
  const now = context.database.system.now();
  return { ...readerOf(context), now, hiddenActors: hidden.filter(({ where }) => where !== nothing) };
}

/** The filter by who did it, which takes an actor for what the caller reads of it. */
export function filterByActor(): FilterField {
  const own = filterBy.text('actor', 'By who did it, such as `user/ann`.');
  return {
    ...own,
    where: (operand: never, field, reader) => {
      const where = own.where(operand, field, reader);
      const { hiddenActors = [] } = reader;
      if (hiddenActors.length === 0) return where;
      const seen: Where[] = hiddenActors.map((one) => ({ NOT: one.where }));
      const stood = hiddenActors.filter(({ shown }) => matches(where, { actor: shown }));
      return { OR: [{ AND: [...seen, where] }, ...stood.map((one) => one.where)] };
    },
  };
}
