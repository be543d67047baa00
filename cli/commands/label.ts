// lab label: sets and takes labels, as kubectl does.
import * as Flags from '@oclif/core/flags';
import { choose, type Chosen, manyFlags, rowsOf } from '../objects/targets.ts';
import { LabCommand } from '../command/command.ts';
import { CliError } from '../terminal/errors.ts';
import type { Full, KindView } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { failure, kindWord, sendManifests, wordsOf } from '../manifests/send.ts';
import { manifest } from '../print/manifest.ts';
import { harmless } from '../terminal/text.ts';

/** Objects that are changed in one transaction. */
const BATCH = 500;
/** How often labels that somebody changed in the same moment are read again. */
const TRIES = 20;
const shape = { wide: false, full: true };

/** What is to become of labels: a value, or null for a label that goes. */
type Changes = ReadonlyMap<string, string | null>;

/** `key=value` and `key-` among the words; the rest are objects. Throws usage errors. */
function divide(words: readonly string[]): { objects: string[]; changes: Changes } {
  const isChange = (word: string) => word.includes('=') || word.endsWith('-');
  const changes = new Map<string, string | null>();
  for (const word of words.filter(isChange)) {
    const at = word.indexOf('=');
    const key = at < 0 ? word.slice(0, -1) : word.slice(0, at);
    if (key === '' || changes.has(key))
      throw new CliError(
        'usage',
        key === '' ? `"${word}" has no key.` : `The label "${key}" is there twice.`,
        'Write key=value to set a label, key- to take it.',
      );
    changes.set(key, at < 0 ? null : word.slice(at + 1));
  }
  if (changes.size === 0)
    throw new CliError('usage', 'No label is given.', (lab) => `Such as: ${lab} label server labmaster rack=a1 old-`);
  return { objects: words.filter((word) => !isChange(word)), changes };
}

interface Labelled {
  readonly view: KindView;
  readonly row: Full;
  readonly labels: Record<string, string>;
  readonly word: string;
}

/** The labels that an object gets, and the word for what happens to it. Throws when one would be replaced unasked. */
function labelled(view: KindView, row: Full, changes: Changes, overwrite: boolean): Labelled {
  const labels: Record<string, string> = { ...row.labels };
  let [set, taken] = [false, false];
  for (const [key, value] of changes) {
    const present = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (value === null) {
      taken ||= present !== undefined;
      delete labels[key];
      continue;
    }
    if (present !== undefined && present !== value && !overwrite)
      throw new CliError(
        'failed',
        `${view.kind.field}/${row.name} has the label ${key}=${present} already.`,
        'Add --overwrite to replace it.',
      );
    set ||= present !== value;
    labels[key] = value;
  }
  return { view, row, labels, word: set ? 'labeled' : taken ? 'unlabeled' : 'not labeled' };
}

export default class Label extends LabCommand {
  static override summary = 'Set labels of objects, or take them.';
  static override usage = 'label KIND NAME… KEY=VALUE… KEY-… | label KIND --all|-l SELECTOR KEY=VALUE… [flags]';
  static override completes = 'objects' as const;
  static override strict = false;
  static override examples = [
    '<%= config.bin %> label server labmaster rack=a1',
    '<%= config.bin %> label server/labmaster network/lab tier=gold --overwrite',
    '<%= config.bin %> label servers -l rack=a1 old-',
  ];
  static override flags = {
    overwrite: Flags.boolean({ description: 'replace labels that have another value' }),
    ...manyFlags,
  };

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Label);
    const { objects, changes } = divide(argv as string[]);
    const chosen = choose(objects, flags, 'label');
    const client = await this.client(flags);
    const rows = await rowsOf(client, chosen, { shape, many: flags });
    const label = ({ view, row }: Chosen) => labelled(view, row, changes, flags.overwrite);
    // All are looked at before anything is done to any.
    const todo = rows.map(label);
    for (let i = 0; i < todo.length; i += BATCH) await this.write(client, todo.slice(i, i + BATCH), label);
  }

  private async write(client: Client, given: readonly Labelled[], label: (chosen: Chosen) => Labelled): Promise<void> {
    const todo = [...given];
    for (let tries = 1; ; tries++) {
      const manifests = todo.map(({ view, row, labels }) => {
        const { apiVersion, kind, metadata } = manifest(view, row);
        const { name, uid, revision } = metadata;
        return { apiVersion, kind, metadata: { name, uid, revision, labels } };
      });
      const { problems } = await sendManifests(client, manifests, {
        manager: 'lab-label',
        takeOver: true,
        asRead: true,
      });
      if (problems.length === 0) break;
      const overtaken = problems.every(({ type, path }) => type === 'Conflict' && path.startsWith('metadata.labels'));
      if (!overtaken || tries === TRIES)
        throw failure(
          problems.map((one) => ({ file: `${kindWord(one.kind)}/${one.name}`, line: 0, text: wordsOf(one) })),
          problems.every(({ type }) => type === 'Forbidden'),
        );
      // Somebody else labelled them in between: the same is done to what they are now.
      for (const { index } of problems) {
        const { view, row } = todo[index!]!;
        const [again] = await rowsOf(client, [{ view, names: [row.id] }], { shape });
        todo[index!] = label(again!);
      }
    }
    for (const { view, row, word } of todo)
      this.terminal.out.write(`${view.kind.field}/${harmless(row.name)} ${word}\n`);
  }
}
