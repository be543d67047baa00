// Reads the parameters of a plan as their types have them. What is wrong is told with the parameter's name and the remedy.
import { normaliseMac } from '../mac.ts';
import type { Bond, InstallPlan, SystemUser } from './plan.ts';

/** Something in a plan that nothing can be rendered from. */
export class PlanError extends Error {
  /** The parameter's name, where it is one's fault */
  readonly parameter: string | null;
  /** The message, without what to do */
  readonly problem: string;
  readonly remedy: string;

  constructor(parameter: string | null, problem: string, remedy: string) {
    const whole = `${parameter === null ? 'The plan' : `The parameter ${parameter}`} ${problem}.`;
    super(`${whole} ${remedy}`);
    this.name = 'PlanError';
    this.parameter = parameter;
    this.problem = whole;
    this.remedy = remedy;
  }
}

/** Values by name; those that are absent, empty or null are null, or an empty list. */
export interface Reader {
  text(name: string): string | null;
  texts(name: string): readonly string[];
  number(name: string): number | null;
  flag(name: string): boolean;
  users(name: string): readonly SystemUser[];
  bond(name: string): Bond | null;
}

/** Most entries of a list. */
const MOST = 500;

/** The plan's parameters, those that are secret with what their Secrets keep. Throws a PlanError. */
export function parametersOf(
  { profile, parameters }: InstallPlan,
  secrets: Readonly<Record<string, string>>,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const { name, required, secret, default: otherwise } of profile.parameters) {
    const value = (Object.hasOwn(parameters, name) ? parameters[name] : otherwise) ?? null;
    if (required && (value === null || value === ''))
      throw new PlanError(name, 'is not set', `Set it with --set ${name}=VALUE.`);
    read[name] = secret && value !== null ? secretOf(name, value, secrets) : value;
  }
  return read;
}

function secretOf(name: string, value: unknown, secrets: Readonly<Record<string, string>>): string {
  if (typeof value === 'string' && Object.hasOwn(secrets, value)) return secrets[value]!;
  throw new PlanError(
    name,
    'names a Secret whose value is not there',
    'Make the Secret in the place of the server, or name another.',
  );
}

export function readerOf(values: Readonly<Record<string, unknown>>): Reader {
  const given = (name: string): unknown => (Object.hasOwn(values, name) ? (values[name] ?? null) : null);
  const wrong = (name: string, wanted: string) => new PlanError(name, `is not ${wanted}`, `Set it to ${wanted}.`);
  const isText = (value: unknown): value is string => typeof value === 'string';
  const isTexts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.length <= MOST && value.every(isText);
  const read = <T>(name: string, wanted: string, fits: (value: unknown) => value is T): T | null => {
    const value = given(name);
    if (value === null || value === '') return null;
    if (!fits(value)) throw wrong(name, wanted);
    return value;
  };
  const isUser = (value: unknown): value is SystemUser =>
    isObject(value) &&
    isText(value['name']) &&
    isTexts(value['groups']) &&
    isTexts(value['sshKeys']) &&
    typeof value['admin'] === 'boolean';
  return {
    text: (name) => read(name, 'a text', isText),
    texts: (name) => read(name, `a list of at most ${MOST} texts`, isTexts) ?? [],
    number: (name) =>
      read(name, 'a whole number', (value): value is number => Number.isSafeInteger(value) && (value as number) >= 0),
    flag: (name) => read(name, 'true or false', (value): value is boolean => typeof value === 'boolean') ?? false,
    users: (name) =>
      read(
        name,
        'a list of users, each with name, groups, sshKeys and admin',
        (value): value is SystemUser[] => Array.isArray(value) && value.length <= MOST && value.every(isUser),
      ) ?? [],
    bond: (name) =>
      read(
        name,
        'a bond with name, mode and the macs of at least one interface',
        (value): value is Bond =>
          isObject(value) &&
          isText(value['name']) &&
          isText(value['mode']) &&
          isTexts(value['macs']) &&
          value['macs'].length > 0 &&
          value['macs'].every((mac) => normaliseMac(mac) !== null),
      ),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
