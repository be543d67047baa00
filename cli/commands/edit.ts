// lab edit: an object as a manifest, in an editor.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LabCommand } from '../command/command.ts';
import { openEditor } from '../terminal/editor.ts';
import { CliError } from '../terminal/errors.ts';
import type { KindView } from '../kinds/kind.ts';
import type { Client } from '../labd/client.ts';
import { findOne } from '../objects/lists.ts';
import { located, type Problem, sendManifests } from '../manifests/send.ts';
import type { ParsedManifest } from '../manifests/parse.ts';
import { manifest } from '../print/manifest.ts';
import { BY_NAME_OR_PLACE, selections } from '../objects/references.ts';
import { programName } from '../terminal/programName.ts';
import { harmless } from '../terminal/text.ts';
import { readTextFile } from '../terminal/textFile.ts';

type Value = Record<string, unknown>;

/** What stands above the text; reasons of an attempt that was refused among it. */
function header(object: string, reasons: readonly string[]): string {
  const lines = [
    `Edit ${object}, save it and leave. Lines that begin with # are left out.`,
    'Without changes, or when the file is empty, nothing is done. A field that is taken out goes back to its default.',
    ...(reasons.length > 0 ? ['', 'This was not applied:', ...reasons.map((reason) => `  ${harmless(reason)}`)] : []),
  ];
  return lines.map((line) => `#${line === '' ? '' : ` ${line}`}\n`).join('');
}

const withoutComments = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .trim();

/** What says which object it is, and as of when. */
const IDENTITY: readonly string[] = ['name', 'uid', 'revision'];

/** What was edited: what stayed as it was is left out, for others may edit that; what was taken out is set to nothing. */
function changesOf(edited: Value, original: Value): Value {
  const result = { ...edited };
  for (const part of ['metadata', 'spec']) {
    const [left, were] = [(edited[part] ?? {}) as Value, original[part] as Value];
    if (typeof left !== 'object' || Array.isArray(left)) continue;
    const changed = Object.entries(left).filter(([field, value]) => !isDeepStrictEqual(value, were[field]));
    const gone = Object.keys(were).filter((field) => were[field] !== undefined && !(field in left));
    const same = Object.entries(part === 'metadata' ? were : {}).filter(([field]) => IDENTITY.includes(field));
    const nulls = gone.filter((field) => !IDENTITY.includes(field)).map((field) => [field, null]);
    result[part] = Object.fromEntries([...same, ...changed, ...nulls]);
  }
  return result;
}

export default class Edit extends LabCommand {
  static override summary = 'Change an object in your editor.';
  static override description =
    'Opens its manifest in $VISUAL, $EDITOR or vi, and applies what is saved. What cannot be applied is opened again, with the reasons.';
  static override completes = 'objects' as const;
  static override usage = 'edit KIND NAME | edit KIND/NAME';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> edit network lab',
    'EDITOR="code --wait" <%= config.bin %> edit server/labmaster',
  ];

  async run(): Promise<void> {
    const { flags, argv } = await this.parse(Edit);
    const [chosen, ...more] = selections(argv as string[], 'edit');
    const [name, ...others] = chosen!.names;
    if (name === undefined || more.length > 0 || others.length > 0)
      throw new CliError('usage', 'Say which one object to edit.', (lab) => `Such as: ${lab} edit network lab`);
    const client = await this.client(flags);
    const { view } = chosen!;
    const shape = { wide: false, full: true };
    const row = await findOne(
      (by) => client.run(view.documents.get, { by, ...shape } as never),
      view,
      name,
      BY_NAME_OR_PLACE,
    );
    const { status: _status, ...original } = manifest(view, row);
    const folder = await mkdtemp(join(tmpdir(), 'lab-edit-'));
    const file = join(folder, `${view.kind.field}-${row.name}.yaml`);
    await this.edit(client, view, original, file);
    await rm(folder, { recursive: true });
  }

  private async edit(client: Client, view: KindView, original: Value, file: string): Promise<void> {
    const { stringify } = await import('../terminal/yaml.ts');
    const { parseManifests } = await import('../manifests/parse.ts');
    const object = `${view.kind.field}/${String((original['metadata'] as Value)['name'])}`;
    const first = stringify(original);
    let [text, reasons]: [string, string[]] = [first, []];
    for (;;) {
      await writeFile(file, `${header(object, reasons)}${text.trim()}\n`, { mode: 0o600 });
      await openEditor(file, this.terminal.env);
      const written = await readTextFile(file);
      const edited = withoutComments(written);
      const cancelled = edited === '' || edited === withoutComments(first);
      if (cancelled) return void this.terminal.err.write('Edit cancelled: nothing was changed.\n');
      if (reasons.length > 0 && edited === withoutComments(text)) throw this.kept(reasons, file);
      // Lines are counted in the file as it was saved.
      const { manifests, mistakes } = parseManifests({ file, text: written });
      reasons = mistakes.map(({ line, text: what }) => `line ${line}: ${what}`);
      const [one] = manifests;
      if (reasons.length === 0) reasons = this.strange(manifests, original);
      if (reasons.length === 0) {
        const value = changesOf(one!.value, original);
        const options = { manager: 'lab-edit', takeOver: true, asRead: true };
        const { outcomes, problems } = await sendManifests(client, [value], options).catch((error: unknown) => {
          this.terminal.err.write(`What you wrote is in ${file}\n`);
          throw error;
        });
        for (const { outcome } of outcomes) this.terminal.out.write(`${harmless(object)} ${said[outcome]}\n`);
        if (problems.length === 0) return;
        reasons = located([one!], problems).map(({ line, text: what }) => `line ${line}: ${what}`);
        if (problems.some(final)) throw this.kept(reasons, file, problems);
      }
      text = edited;
    }
  }

  /** What an editor may not do to a manifest. */
  private strange(manifests: readonly ParsedManifest[], original: Value): string[] {
    if (manifests.length !== 1) return ['There has to be exactly one manifest.'];
    const { value } = manifests[0]!;
    const name = ((value['metadata'] ?? {}) as Value)['name'];
    if (value['kind'] === original['kind'] && name === (original['metadata'] as Value)['name']) return [];
    return [
      `kind and metadata.name say which object it is. It gets another name with: ${programName(this.terminal)} rename`,
    ];
  }

  private kept(reasons: readonly string[], file: string, problems: readonly Problem[] = []): CliError {
    const forbidden = problems.length > 0 && problems.every(({ type }) => type === 'Forbidden');
    const where = (lab: string) => `What you wrote is in ${file}: apply it with ${lab} apply -f ${dirname(file)}`;
    return new CliError(forbidden ? 'forbidden' : 'failed', 'Nothing was changed.', (lab) =>
      [...reasons, where(lab)].join('\n'),
    );
  }
}

/** What is printed of each outcome. */
const said = { CREATED: 'created', CONFIGURED: 'edited', UNCHANGED: 'unchanged', PRUNED: 'pruned' } as const;

/** What another edit of the text would not help. */
const final = ({ type, path }: Problem): boolean => type !== 'InvalidInput' || path === 'kind';
