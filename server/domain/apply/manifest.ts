// What a manifest says, and all that is wrong with it by itself.
import { InvalidInput } from '../errors.ts';
import { fieldsOf, inMetadata, MANIFESTS, type ManifestKind, REFUSED, unmanifested } from './kinds.ts';
import { isMap, type Reference, UnknownWord, writtenAs } from './values.ts';

/** One object as a file has it. */
export type Manifest = Readonly<Record<string, unknown>>;

/** A manifest that is right by itself. */
export interface Wanted {
  /** Its place among the manifests */
  readonly index: number;
  readonly type: string;
  readonly kind: ManifestKind;
  readonly name: string;
  /** What it sets, as it is written */
  readonly values: Readonly<Record<string, unknown>>;
  /** What it sets, as input; null has become what it stands for */
  readonly input: Readonly<Record<string, unknown>>;
  /** Fields that it sets to null */
  readonly nulls: ReadonlySet<string>;
  readonly references: readonly Reference[];
  readonly uid: string | undefined;
  readonly revision: string | undefined;
}

/** A manifest that was looked at: all that is wrong with it, or what it says. */
export interface Read {
  readonly type: string;
  readonly name: string;
  readonly wrong: readonly InvalidInput[];
  readonly wanted: Wanted | undefined;
}

const API_VERSION = 'lab/v1';
const TOP = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
const METADATA = ['name', 'uid', 'cloud', 'environment', 'labels', 'revision'];

/** Where a manifest says what the input of a mutation calls so. */
export const pathOf = (field: string): string => `${inMetadata(field) ? 'metadata' : 'spec'}.${field}`;

const missing = (path: string, remedy: string) => new InvalidInput(path, 'It is missing.', remedy);

function unknownKeys(
  map: Manifest,
  known: readonly string[],
  path: string,
  why: Readonly<Record<string, string>> = {},
) {
  return Object.keys(map)
    .filter((key) => !known.includes(key))
    .map((key) =>
      Object.hasOwn(why, key)
        ? new InvalidInput(`${path}${key}`, 'It does not come by manifest.', why[key]!)
        : new UnknownWord(`${path}${key}`, `There is no field "${key}" here.`, known),
    );
}

function kindProblem(type: unknown): InvalidInput | undefined {
  if (typeof type !== 'string') return missing('kind', `There are: ${Object.keys(MANIFESTS).join(', ')}.`);
  if (Object.hasOwn(MANIFESTS, type)) return undefined;
  if (Object.hasOwn(REFUSED, type))
    return new InvalidInput('kind', `A ${type} is not made from a manifest.`, REFUSED[type]!);
  return new UnknownWord('kind', `There is no kind "${type.slice(0, 80)}" for manifests.`, Object.keys(MANIFESTS));
}

/** A map, or nothing, where one belongs. */
function mapAt(manifest: Manifest, key: string, wrong: InvalidInput[]): Manifest {
  const value = manifest[key] ?? {};
  if (isMap(value)) return value;
  wrong.push(new InvalidInput(key, 'It has to be a map.', 'Write one field a line below it.'));
  return {};
}

/** Looks at one manifest. */
export function readManifest(manifest: Manifest, index: number): Read {
  const wrong: InvalidInput[] = unknownKeys(manifest, TOP, '');
  if (manifest['apiVersion'] !== API_VERSION)
    wrong.push(new InvalidInput('apiVersion', `It has to be ${API_VERSION}.`, `Write apiVersion: ${API_VERSION}.`));
  const type = manifest['kind'];
  const strange = kindProblem(type);
  const metadata = mapAt(manifest, 'metadata', wrong);
  wrong.push(...unknownKeys(metadata, METADATA, 'metadata.'));
  const name = metadata['name'];
  if (name == null) wrong.push(missing('metadata.name', 'Give it a name.'));
  for (const key of ['name', 'uid', 'revision'])
    if (metadata[key] != null && typeof metadata[key] !== 'string')
      wrong.push(new InvalidInput(`metadata.${key}`, 'It has to be a text.', 'Put it in quotes.'));
  const said = { type: String(type), name: String(name) };
  if (strange) return { ...said, wrong: [strange, ...wrong], wanted: undefined };
  const kind = MANIFESTS[type as string]!;
  const spec = mapAt(manifest, 'spec', wrong);
  const fields = Object.entries(fieldsOf(kind));
  const inSpec = fields.map(([field]) => field).filter((field) => !inMetadata(field));
  wrong.push(...unknownKeys(spec, inSpec, 'spec.', unmanifested(kind)));
  const input: Record<string, unknown> = {};
  const values: Record<string, unknown> = {};
  const nulls = new Set<string>();
  const references: Reference[] = [];
  for (const [field, { type: is, absent, required }] of fields) {
    const written = writtenAs(is);
    const value = (inMetadata(field) ? metadata : spec)[field];
    if (value === undefined) continue;
    const path = pathOf(field);
    values[field] = value;
    if (value === null && !required) {
      nulls.add(field);
      input[field] = absent;
      continue;
    }
    const mistakes = written.wrong(value, path);
    wrong.push(...mistakes);
    if (mistakes.length > 0) continue;
    input[field] = written.input(value as never);
    references.push(...written.refers(value as never, path));
  }
  const { uid, revision } = metadata as { uid?: string | null; revision?: string | null };
  const wanted = { index, type: said.type, kind, name: said.name, values, input, nulls, references };
  return {
    ...said,
    wrong,
    wanted:
      typeof name === 'string' ? { ...wanted, uid: uid ?? undefined, revision: revision ?? undefined } : undefined,
  };
}
