// What can be waited for, as --for says it: delete, status=INSTALLED, condition=TYPE[=false], jsonpath={PATH}[=VALUE].
import { CliError } from './errors.ts';
import { parsePath, printed } from './jsonpath.ts';
import type { KindView, Row } from './kinds/kind.ts';
import { manifest } from './print/manifest.ts';
import { constant, word } from './text.ts';

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

const forms: Readonly<Record<string, (value: string, is: string | undefined) => Goal | undefined>> = {
  delete: (value) =>
    value === '' ? { text: 'deleted', met: (object) => object === undefined, lost: () => false } : undefined,
  status: (value, more) =>
    value === '' || more !== undefined
      ? undefined
      : {
          text: word(constant(value)),
          met: (object) => object?.status === constant(value),
          lost: (object) => object === undefined || resting.has(object.status ?? ''),
        },
  condition(type, is = 'true') {
    if (type === '' || !['true', 'false'].includes(is.toLowerCase())) return undefined;
    const wanted = is.toLowerCase() === 'true';
    const same = (one: string) =>
      one.replaceAll(/[-_]/g, '').toLowerCase() === type.replaceAll(/[-_]/g, '').toLowerCase();
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
  const goal = forms[form.toLowerCase()]?.(value, more);
  if (goal) return goal;
  throw new CliError(
    'usage',
    `--for: "${text}" is nothing to wait for.`,
    "Write status=INSTALLED, delete, condition=BastionOnline, condition=Stale=false or jsonpath='{.status.ip}'.",
  );
}
