// Flags that choose among objects, as labd's filters and orders.
import * as Flags from '@oclif/core/flags';
import { CliError } from '../terminal/errors.ts';
import type { KindView, Row, SelectableField } from '../kinds/kind.ts';
import type { Target } from '../labd/target.ts';
import { constant, word } from '../terminal/text.ts';

export const filterFlags = {
  search: Flags.string({
    description: 'with this text somewhere: part of a name, MAC, address, serial number, vendor or label',
  }),
  selector: Flags.string({ char: 'l', description: 'label selector, such as rack=a1,role!=db,env in (a,b),!legacy' }),
  'field-selector': Flags.string({
    description: 'fields of the manifest, such as metadata.name=a,status.status!=installed',
  }),
  role: Flags.string({ description: 'servers only: with this role, control-plane or worker' }),
  status: Flags.string({ description: 'servers only: with this status, such as installed; several with commas' }),
  cloud: Flags.string({ description: 'in this cloud' }),
  environment: Flags.string({ char: 'n', description: 'in this environment' }),
};

/** For lists, which keep to the place of the context. */
export const everywhereFlag = {
  'all-places': Flags.boolean({
    char: 'A',
    description: "in every cloud and environment, not in the context's alone",
  }),
};

interface Everywhere {
  'all-places'?: boolean;
}

export type Filters = { [Name in keyof typeof filterFlags]?: string | undefined };

const conditions: { [Name in keyof Filters]-?: (value: string, view: KindView) => object } = {
  search: (search) => ({ search }),
  selector: (labels) => ({ labels }),
  'field-selector': (text, view) => ({ and: fieldConditions(text, view) }),
  role: (role) => ({ role: { eq: constant(role) } }),
  status: (status) => ({ status: { in: status.split(',').map(constant) } }),
  cloud: (cloud) => ({ cloud: { eq: cloud } }),
  environment: (environment) => ({ environment: { eq: environment } }),
};

/** Flags that only kinds with such a field have, and those of objects that have a place and labels. */
const special: readonly (keyof Filters)[] = ['role', 'status'];
const placed: readonly (keyof Filters)[] = ['selector', 'cloud', 'environment'];

function check(flag: keyof Filters, value: string, { kind, filters = {}, placeless, searched }: KindView): void {
  if (flag === 'search' && placeless && !searched)
    throw new CliError('usage', `--search is not for ${kind.plural}: they have no text to be found by.`);
  if (placeless && placed.includes(flag))
    throw new CliError('usage', `--${flag} is not for ${kind.plural}: they have none of their own.`);
  if (!special.includes(flag)) return;
  const known = filters[flag];
  if (!known) throw new CliError('usage', `--${flag} is not for ${kind.plural}: they have no ${flag}.`);
  const wrong = value.split(',').find((one) => !known.includes(word(one)));
  if (wrong !== undefined) throw new CliError('usage', `--${flag} "${wrong}" is none of: ${known.join(', ')}.`);
}

/** Fields of the manifest that every kind can be selected by. */
const commonFields: Readonly<Record<string, SelectableField>> = {
  'metadata.name': { field: 'name' },
  'metadata.cloud': { field: 'cloud' },
  'metadata.environment': { field: 'environment' },
};

/** `path=value,path!=value` as conditions of labd's. Throws a usage error that names the fields there are. */
function fieldConditions(text: string, { kind, fields = {}, placeless }: KindView): object[] {
  const known = { ...(placeless ? {} : commonFields), ...fields };
  return text.split(',').map((condition) => {
    const [, path, sign, value] = /^\s*\.?([\w.]+)\s*(==?|!=)\s*(.*?)\s*$/.exec(condition) ?? [];
    if (path === undefined)
      throw new CliError(
        'usage',
        `--field-selector: "${condition}" is no condition.`,
        'Write FIELD=VALUE or FIELD!=VALUE, separated by commas.',
      );
    const selectable = known[path];
    if (!selectable)
      throw new CliError(
        'usage',
        `--field-selector: ${kind.plural} cannot be selected by "${path}".`,
        `They can by: ${Object.keys(known).join(', ') || 'no field'}.`,
      );
    const { field, value: read = (word: string) => word } = selectable;
    const compared = { [field]: { eq: read(value!) } };
    return sign === '!=' ? { not: compared } : compared;
  });
}

/** The filter that keeps to some objects: by name, so that one that is made anew is met too, where they have one. */
export const only = ({ placeless }: KindView, rows: readonly Row[]): object =>
  placeless ? { id: { in: rows.map(({ id }) => id) } } : { name: { in: rows.map(({ name }) => name) } };

/** The filter that the flags make for a kind; undefined when there is none. Throws usage errors. */
export function filterOf(view: KindView, flags: Filters): object | undefined {
  const given = Object.entries(flags).filter(([flag, value]) => value !== undefined && flag in conditions) as [
    keyof Filters,
    string,
  ][];
  for (const [flag, value] of given) check(flag, value, view);
  if (given.length === 0) return undefined;
  return Object.fromEntries(given.flatMap(([flag, value]) => Object.entries(conditions[flag](value, view))));
}

/** What lists of a kind keep to: what flags say, and of the context's place what they do not say. */
export const kept = <F extends Filters>({ placeless }: KindView, flags: F & Everywhere, { place }: Target): F =>
  placeless || flags['all-places'] ? flags : { ...place, ...given(flags) };

const given = <F extends object>(flags: F): F =>
  Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)) as F;

/** That a list kept to the context's place, for who finds nothing in it; empty where it did not. */
export function keptTo(flags: Filters & Everywhere, { place = {} }: Target): string {
  const { cloud, environment } = flags['all-places'] ? {} : { ...place };
  const parts = [
    ...(cloud && flags.cloud === undefined ? [`cloud ${cloud}`] : []),
    ...(environment && flags.environment === undefined ? [`environment ${environment}`] : []),
  ];
  return parts.length === 0 ? '' : ` in ${parts.join(', ')}, which the context says; -A looks everywhere`;
}
