// What can be waited for, as --for says it: delete, status=INSTALLED, condition=TYPE[=false], jsonpath={PATH}[=VALUE].
import { CliError } from '../terminal/errors.ts';
import type { ConditionType } from '../generated/documents.ts';
import { parsePath, printed } from '../print/jsonpathTemplate.ts';
import type { KindView, Row } from '../kinds/kind.ts';
import { manifest } from '../print/manifest.ts';
import { constant, word } from '../terminal/text.ts';

/** An object as a wait sees it; undefined once it is gone. */
export interface Seen {
  readonly status?: string;
  readonly conditions?: readonly { type: string; status: boolean }[];
}

export interface Goal {
  /** As it is told */
  readonly text: string;
  readonly met: (object: Seen | undefined) => boolean;
  /** Whether it cannot be met any more unless somebody does something */
  readonly lost: (object: Seen | undefined) => boolean;
}

/** What leaves these statuses is people. */
const resting = new Set(['FAILED', 'RETIRED']);

/** All conditions there are, as people write them. */
const conditions = Object.keys({
  BASTION_ONLINE: true,
  CONFLICT: true,
  STALE: true,
  HARDWARE_DRIFT: true,
  ODD_HARDWARE: true,
} satisfies Record<ConditionType, true>).map((type) => type.toLowerCase().replaceAll('_', '-'));

/** A status that the kind never has would be waited for in vain. */
function checkStatus(status: string, { kind, filters }: KindView): void {
  const known = filters?.['status'];
  if (!known)
    throw new CliError('usage', `--for: ${kind.plural} have no status.`, "Wait for a jsonpath='{PATH}'=VALUE.");
  if (!known.includes(word(constant(status))))
    throw new CliError(
      'usage',
      `--for: "${status}" is no status of ${kind.plural}.`,
      `There are: ${known.join(', ')}.`,
    );
}

type Form = (value: string, is: string | undefined, view: KindView) => Goal | undefined;

const forms: Readonly<Record<string, Form>> = {
  delete: (value) =>
    value === '' ? { text: 'deleted', met: (object) => object === undefined, lost: () => false } : undefined,
  status(value, more, view) {
    if (value === '' || more !== undefined) return undefined;
    checkStatus(value, view);
    return {
      text: word(constant(value)),
      met: (object) => object?.status === constant(value),
      lost: (object) => object === undefined || resting.has(object.status ?? ''),
    };
  },
  condition(type, is = 'true') {
    if (type === '' || !['true', 'false'].includes(is.toLowerCase())) return undefined;
    const wanted = is.toLowerCase() === 'true';
    const same = (one: string) =>
      one.replaceAll(/[-_]/g, '').toLowerCase() === type.replaceAll(/[-_]/g, '').toLowerCase();
    if (!conditions.some(same))
      throw new CliError('usage', `--for: There is no condition "${type}".`, `There are: ${conditions.join(', ')}.`);
    return {
      text: `${type}=${wanted}`,
      // A condition that is not there is not so.
      met: (object) =>
        object !== undefined && (object.conditions?.find((one) => same(one.type))?.status ?? false) === wanted,
      lost: (object) => object === undefined,
    };
  },
};

/** A path into the manifest, and the value that is to be there; any when none is said. */
function pathGoal(view: KindView, path: string, value: string | undefined): Goal {
  const find = parsePath(path);
  const found = (row: unknown): unknown[] => {
    const whole: unknown = JSON.parse(JSON.stringify(manifest(view, row as Row)));
    return find(whole, whole).filter((one) => one !== null && one !== undefined);
  };
  return {
    text: value === undefined ? `with ${path}` : `${path}=${value}`,
    met: (object) => object !== undefined && found(object).some((one) => value === undefined || printed(one) === value),
    lost: (object) => object === undefined,
  };
}

/** Understands --for, of a kind. Throws usage errors. */
export function goalOf(text: string, view: KindView): Goal {
  const [, path, wanted] = /^jsonpath=\{(.+?)\}(?:=(.*))?$/is.exec(text) ?? [];
  if (path !== undefined) return pathGoal(view, path, wanted);
  const [form = '', value = '', more] = text.split('=');
  const goal = forms[form.toLowerCase()]?.(value, more, view);
  if (goal) return goal;
  throw new CliError(
    'usage',
    `--for: "${text}" is nothing to wait for.`,
    "Write status=INSTALLED, delete, condition=BastionOnline, condition=Stale=false or jsonpath='{.status.ip}'.",
  );
}
