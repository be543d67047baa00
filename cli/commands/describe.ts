// lab describe: everything about an object and what it is related to.
import * as Flags from '@oclif/core/flags';
import { asOf } from '../objects/at.ts';
import { LabCommand } from '../command/command.ts';
import { CliError } from '../terminal/errors.ts';
import { everywhereFlag, filterOf, kept, keptTo } from '../objects/filters.ts';
import { eventSection } from '../log/history.ts';
import { findSome, listAll, type NotFound } from '../objects/lists.ts';
import { treeLines } from '../print/tree.ts';
import { selections } from '../objects/references.ts';

export default class Describe extends LabCommand {
  static override summary = 'Show an object with everything it is related to.';
  static override usage = 'describe KIND NAME… | describe KIND/NAME… | describe KIND [-l SELECTOR]';
  static override strict = false;
  static override completes = 'objects' as const;
  static override examples = [
    '<%= config.bin %> describe server labmaster',
    '<%= config.bin %> describe network/lab',
    '<%= config.bin %> describe server labmaster --at -2h',
  ];
  static override flags = {
    selector: Flags.string({ char: 'l', description: 'all objects with these labels' }),
    ...everywhereFlag,
    at: Flags.string({
      description: 'as it was then: a revision, a moment, a day (00:00 UTC), or how long ago, such as 2h',
    }),
  };

  async run(): Promise<number | void> {
    const { flags, argv } = await this.parse(Describe);
    const chosen = selections(argv as string[], 'describe');
    if (flags.selector !== undefined && chosen.some(({ names }) => names.length > 0))
      throw new CliError('usage', 'Names do not go with -l.', 'Give one or the other.');
    const views = chosen.map(({ view }) => view);
    const { client, now } = await asOf(await this.client(flags), flags.at, views);
    const place = { selector: flags.selector, 'all-places': flags['all-places'] };
    const trees: string[] = [];
    const missing: NotFound[] = [];
    for (const { view, names } of chosen) {
      const shape = { wide: false, full: false };
      const filter = filterOf(view, kept(view, place, client.target));
      const all = async () => listAll(client, view, { shape, filter, orderBy: undefined, limit: undefined });
      const called = names.length > 0 ? names : (await all()).map(({ id }) => id);
      const one = (by: object) => client.run(view.documents.describe, { by } as never);
      const some = await findSome(one, view, called);
      missing.push(...some.missing);
      for (const object of some.rows) {
        const section = view.describe(object, now());
        trees.push(
          treeLines(
            { ...section, below: [...(section.below ?? []), ...eventSection(object as object)] },
            this.terminal,
          ).join('\n'),
        );
      }
    }
    if (trees.length === 0 && missing.length > 0) return this.tellMissing(missing, false);
    if (trees.length === 0)
      throw new CliError(
        'notFound',
        `There are no ${chosen.map(({ view }) => view.kind.plural).join(' or ')} to describe${keptTo(place, client.target)}.`,
      );
    this.terminal.out.write(`${trees.join('\n\n')}\n`);
    return this.tellMissing(missing, true);
  }
}
