// Words by where they come from: the catalog, the configuration, or labd, which has a second to answer.
import { kinds } from '../../schema/catalog.ts';
import type { NamedSource, Source } from '../command/command.ts';
import { readConfig } from '../config/config.ts';
import { ExplainTypeDocument, type ExplainTypeQuery } from '../generated/documents.ts';
import { findKind } from '../kinds/index.ts';
import type { Full, KindView, Row } from '../kinds/kind.ts';
import { send } from '../labd/http.ts';
import { findTarget } from '../labd/target.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { word } from '../terminal/text.ts';
import type { Candidate } from './candidates.ts';

export interface Asked {
  /** The beginning of the word, or of its last part */
  readonly current: string;
  /** The words of the command before it, without flags */
  readonly before: readonly string[];
  /** The command */
  readonly id: string;
  /** All that was typed */
  readonly all: readonly string[];
  readonly terminal: Terminal;
}

/** That the shell completes files here. */
const FILES = ':files';

/** Milliseconds that somebody who pressed a key waits for names. */
const PATIENCE = { silence: 1_000, starting: 0 };

/** Names that are offered at once, and objects that are looked through for the fields that they have. */
const MOST = 100;
const LOOKED = 20;

/** The candidates of a source that begin so. */
export async function candidatesFrom(source: Source, asked: Asked): Promise<Candidate[]> {
  const found = await (typeof source === 'string' ? named[source](asked) : given(source, asked));
  return found.filter(({ word: one }) => one === FILES || one.startsWith(asked.current));
}

function given(source: Exclude<Source, string>, asked: Asked): Candidate[] | Promise<Candidate[]> {
  if ('names' in source) return namesOf(findKind(source.names), asked);
  if ('enum' in source) return enumOf(source, asked);
  return source.of.map((one) => ({ word: one }));
}

const kindWords: readonly Candidate[] = kinds
  .filter(({ verbs }) => verbs.length > 0)
  .map(({ plural, about }) => ({ word: plural, about }));

/** Candidates for the part after the last of these signs, with what is before it. */
async function afterLast(sign: string, asked: Asked, find: (asked: Asked) => Candidate[] | Promise<Candidate[]>) {
  const begin = asked.current.slice(0, asked.current.lastIndexOf(sign) + 1);
  const found = await find({ ...asked, current: asked.current.slice(begin.length) });
  return found.map(({ word: one, about }) => ({ word: begin + one, about }));
}

const names =
  (kind: string) =>
  (asked: Asked): Promise<Candidate[]> =>
    namesOf(findKind(kind), asked);

const named: Record<NamedSource, (asked: Asked) => Candidate[] | Promise<Candidate[]>> = {
  files: () => [{ word: FILES }],
  kinds: () => [...kindWords],
  servers: names('servers'),
  queries: names('queries'),
  profiles: names('profiles'),
  bastions: names('bastions'),
  users: names('users'),
  roles: names('roles'),
  fields: fieldsOf,
  contexts: async ({ terminal }) =>
    (await readConfig(terminal)).contexts.map(({ name, url }) => ({ word: name, about: url })),
  names: (asked) => namesOf(findKind(asked.before.at(-1)!), asked),
  objects(asked) {
    const { current, before } = asked;
    const [, kind] = /^([^/]+)\//.exec(current) ?? [];
    if (kind !== undefined) return afterLast('/', asked, names(kind));
    const first = before[0];
    if (first === undefined) return afterLast(',', asked, () => [...kindWords]);
    return /[/,]/.test(first) ? [] : namesOf(findKind(first), asked);
  },
  filters(asked) {
    const { id, before, all } = asked;
    const flag = all.findLast((one) => /^--(role|status)\b/.test(one))?.replace(/^--|=.*$/g, '') ?? '';
    const { filters } = findKind(id === 'get' ? (before[0] ?? 'servers') : 'servers');
    return afterLast(',', asked, () => (filters?.[flag] ?? []).map((one) => ({ word: word(one) })));
  },
  orders: async (asked) => {
    const view = findKind(asked.before[0]!);
    const orders = view.orders.map((one) => ({ word: one.toLowerCase() }));
    return asked.current.startsWith('.') ? pathsOf(view, asked) : orders;
  },
  selectable: (asked) =>
    afterLast(',', asked, () => {
      const { fields = {}, placeless } = findKind(asked.before[0]!);
      const common = placeless ? [] : ['metadata.name', 'metadata.cloud', 'metadata.environment'];
      return [...common, ...Object.keys(fields)].map((one) => ({ word: `${one}=` }));
    }),
};

/** The flags that say which labd, wherever they are. */
const targetFlagsIn = (all: readonly string[]) =>
  Object.fromEntries(
    ['context', 'labd', 'token'].map((name) => [
      name,
      all.find((_, n) => all[n - 1] === `--${name}`) ??
        all.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3),
    ]),
  );

/** What labd answers to a document of lab's own. */
async function answer<R>(document: { toString(): string }, variables: object, { all, terminal }: Asked): Promise<R> {
  const target = await findTarget(targetFlagsIn(all), terminal);
  return (await send(target, { query: document.toString(), variables, known: true }, PATIENCE)).data as R;
}

/** Names of a kind that begin so, as labd knows them, but for those that are typed already. */
async function namesOf(view: KindView, asked: Asked): Promise<Candidate[]> {
  const variables = { first: MOST, wide: false, full: false, filter: { name: { startsWith: asked.current } } };
  const { page } = await answer<{ page: { nodes: Row[] } }>(view.documents.list, variables, asked);
  // Whatever would need quotes, or could steer the terminal, is nothing to complete.
  return page.nodes
    .filter(({ name }) => /^[\w.:@-]+$/.test(name) && !asked.before.includes(name))
    .map(({ name }) => ({ word: name }));
}

/** A type of labd's schema. */
const typeNamed = async (name: string, asked: Asked): Promise<ExplainTypeQuery['type']> =>
  (await answer<ExplainTypeQuery>(ExplainTypeDocument, { name }, asked)).type;

/** The values of the enum that a field of a kind is of, as they are typed; none of any other field. */
async function enumOf({ enum: name, of: kind }: { enum: string; of: string }, asked: Asked): Promise<Candidate[]> {
  const field = (await typeNamed(kind, asked))?.fields?.find((one) => one.name === name);
  const values = (field && (await typeNamed(innermost(field.type), asked)))?.enumValues ?? [];
  return values.map(({ name: one, description }) => ({ word: word(one), about: description ?? undefined }));
}

/** A kind, and then the fields of what the fields before them lead to: `server.nics.net`. */
async function fieldsOf(asked: Asked): Promise<Candidate[]> {
  if (asked.before.length > 0) return [];
  const [kind, ...steps] = asked.current.split('.').slice(0, -1);
  if (kind === undefined) return [...kindWords];
  let type = await typeNamed(findKind(kind).kind.type, asked);
  for (const step of steps.filter((one, n) => n > 0 || !['metadata', 'spec', 'status'].includes(one))) {
    const field = type?.fields?.find(({ name }) => name.toLowerCase() === step.toLowerCase());
    type = field ? await typeNamed(innermost(field.type).replace(/Connection$/, ''), asked) : null;
  }
  const begin = asked.current.slice(0, asked.current.lastIndexOf('.') + 1);
  return (type?.fields ?? []).map(({ name, description }) => ({
    word: begin + name,
    about: description?.split('\n')[0],
  }));
}

interface TypeRef {
  readonly name: string | null;
  readonly ofType?: TypeRef | null | undefined;
}

const innermost = ({ name, ofType }: TypeRef): string => name ?? innermost(ofType!);

/** Paths into manifests, as those have them that labd knows some of. */
async function pathsOf(view: KindView, asked: Asked): Promise<Candidate[]> {
  const variables = { first: LOOKED, wide: false, full: true };
  const { page } = await answer<{ page: { nodes: Row[] } }>(view.documents.list, variables, asked);
  const paths = new Set(['name', 'cloud', 'environment'].map((one) => `.metadata.${one}`));
  for (const row of page.nodes)
    for (const [half, fields] of Object.entries(view.manifest(row as Full)))
      for (const [field, value] of Object.entries(fields))
        if (typeof value !== 'object' || value === null) paths.add(`.${half}.${field}`);
  return [...paths].map((one) => ({ word: one }));
}
