// lab undo: takes a change back.
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { revision } from '../objects/at.ts';
import { LabCommand } from '../command/command.ts';
import { CliError } from '../terminal/errors.ts';
import { UndoChangeDocument, type UndoChangeMutation } from '../generated/documents.ts';
import { summary } from '../log/history.ts';
import type { Client } from '../labd/client.ts';
import { orProblem } from '../kinds/problems.ts';
import { askFor } from '../terminal/secret.ts';
import { harmless } from '../terminal/text.ts';

type Undone = Extract<UndoChangeMutation['result'], { __typename: 'Undone' }>;

const verbs = { CREATE: ['create', 'created'], UPDATE: ['change', 'changed'], DELETE: ['delete', 'deleted'] } as const;

/** What is done to the object, in a sentence. */
function sentence({ operation, kind, name, changes, others, note }: Undone, tense: 0 | 1): string {
  const what = operation === 'UPDATE' ? `: ${summary({ operation, changes })}` : '';
  const along = others > 0 ? `, and ${others} other ${others === 1 ? 'object' : 'objects'} with it` : '';
  const verb = verbs[operation][tense];
  const object = `${kind}/${name}`;
  return harmless(
    `${tense === 0 ? `Would ${verb} ${object}` : `${object} ${verb}`}${what}${along}.${note ? ` ${note}` : ''}`,
  );
}

export default class Undo extends LabCommand {
  static override summary = 'Undo a change: do the opposite, with the same permissions.';
  static override description =
    'What was created is deleted, what was deleted is created again under its name, what was changed is set back. Refused when it was changed again since; lab history and lab get events show revisions.';
  static override examples = ['<%= config.bin %> undo 1841 --dry-run', '<%= config.bin %> undo rev:1841 --yes'];
  static override args = { revision: Args.string({ required: true, description: 'revision of the change' }) };
  static override flags = {
    'dry-run': Flags.boolean({ description: 'say what it would do, and change nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask' }),
  };

  async run(): Promise<void> {
    const { flags, args } = await this.parse(Undo);
    const wanted = revision(args.revision);
    if (wanted === undefined)
      throw new CliError('usage', `"${args.revision}" is no revision.`, 'Write one such as 1841 or rev:1841.');
    const client = await this.client(flags);
    if (flags['dry-run'] || !flags.yes) {
      const would = sentence(await this.undo(client, wanted, true), 0);
      if (flags['dry-run']) return void this.terminal.out.write(`${would}\n`);
      if (!this.terminal.in.isTTY) throw new CliError('usage', `Nobody is there to be asked. ${would}`, 'Add --yes.');
      const answer = await askFor(this.terminal, `${would} Go on? [y/N] `);
      if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('failed', 'Nothing was undone.');
    }
    this.terminal.out.write(`${sentence(await this.undo(client, wanted, false), 1)}\n`);
  }

  private async undo(client: Client, wanted: string, dryRun: boolean): Promise<Undone> {
    const { result } = await client.run(UndoChangeDocument, { revision: wanted, dryRun });
    return orProblem(result, 'Undone');
  }
}
