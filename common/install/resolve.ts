// The values that an install is told: of the profile, of the clusters, of the server, and of whoever asks for it, the last
// of which counts.
import type { Parameter, ParameterType } from './plan.ts';
import { nearest } from '../nearest.ts';
import { type Checked, problemsOf, right, wrong } from '../checked.ts';
import { InvalidInput } from '../userError.ts';
import { shapeOf } from './parameterShapes.ts';

/** Values by name, from one place. */
export interface Layer {
  /** Where they are from, for people: `server db` */
  readonly from: string;
  /** The path that says so, for who has to mend it */
  readonly field: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A value, and where it is from. */
interface Resolved {
  readonly value: unknown;
  readonly from: string;
}

export type ResolvedParameters = Readonly<Record<string, Resolved>>;

/** Which disk it is to be is said among the parameters too, of every profile. */
export const DISK: Parameter = {
  name: 'disk',
  type: 'text',
  default: null,
  required: false,
  secret: false,
  help: 'The disk to install on: serial:SERIAL, wwn:WWN or its name.',
};

const json = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

const isJson = (text: string): boolean => /^\s*[[{]/.test(text);

/** How a value is read that was typed as a text. */
const READ: Readonly<Record<ParameterType, (text: string) => unknown>> = {
  text: (text) => text,
  number: json,
  flag: json,
  texts: (text) => (isJson(text) ? json(text) : text.split(',').map((one) => one.trim())),
  users: json,
  bond: json,
};

/** One value, by its parameter's type. */
function checked(parameter: Parameter, field: string, value: unknown): Checked<unknown> {
  const type = parameter.secret ? 'text' : parameter.type;
  return shapeOf(type)(field, typeof value === 'string' ? READ[type](value) : value);
}

/** Says that there is no such parameter, and which one was probably meant. */
function unknown(name: string, { field, from }: Layer, names: readonly string[]): InvalidInput {
  const meant = nearest(name, names);
  return new InvalidInput(
    `${field}.${name}`,
    `The profile has no parameter "${name.slice(0, 80)}", which ${from} sets.`,
    meant ? `Did you mean "${meant}"?` : `There are: ${[...names].sort().join(', ')}.`,
  );
}

/** The value of one parameter: the last layer that has one counts. */
function resolveOne(parameter: Parameter, layers: readonly Layer[]): Checked<Resolved | undefined> {
  const { name, default: standard, required } = parameter;
  const layer = layers.findLast(({ values }) => Object.hasOwn(values, name) && values[name] !== null);
  if (layer) {
    const value = checked(parameter, `${layer.field}.${name}`, layer.values[name]);
    return 'problems' in value ? value : right({ value: value.value, from: layer.from });
  }
  if (standard !== null) return right({ value: standard, from: 'profile' });
  return required
    ? wrong(`input.set.${name}`, `Nothing says the parameter "${name}".`, `Say it: --set ${name}=VALUE.`)
    : right(undefined);
}

/**
 * The values of a profile's parameters, from layers of which a later one counts more. What has neither a value nor a
 * default is not among them. A secret's value is the name of a Secret.
 */
export function resolveParameters(
  declared: readonly Parameter[],
  layers: readonly Layer[],
): Checked<ResolvedParameters> {
  const parameters = declared.some(({ name }) => name === DISK.name) ? declared : [...declared, DISK];
  const names = parameters.map(({ name }) => name);
  const strange = layers.flatMap((layer) =>
    Object.keys(layer.values)
      .filter((name) => !names.includes(name))
      .map((name) => unknown(name, layer, names)),
  );
  const resolved = parameters.map((one) => [one.name, resolveOne(one, layers)] as const);
  const problems = [...strange, ...resolved.flatMap(([, one]) => problemsOf(one))];
  if (problems.length > 0) return { problems };
  return right(
    Object.fromEntries(
      resolved.flatMap(([name, one]) => ('value' in one && one.value !== undefined ? [[name, one.value]] : [])),
    ),
  );
}
