// Where the values of flags come from, by the name of the flag, which means the same in every command.
import { kinds } from '../../schema/catalog.ts';
import type { Source } from '../command/command.ts';
import { findKind } from '../kinds/index.ts';
import { formatNames } from '../print/index.ts';
import { word } from '../terminal/text.ts';
import type { Asked } from './sources.ts';

const FILES = ['file', 'filename', 'vars', 'token-file', 'from-file', 'dir', 'kernel', 'firmware', 'ssh-key'];

const sources: Readonly<Record<string, Source>> = {
  ...Object.fromEntries(FILES.map((flag) => [flag, 'files' as const])),
  context: 'contexts',
  os: 'profiles',
  bastion: 'bastions',
  as: 'users',
  kind: 'kinds',
  outcome: { of: ['done', 'refused'] },
  role: 'filters',
  status: 'filters',
  'sort-by': 'orders',
  'field-selector': 'selectable',
  output: { of: formatNames },
  verb: { of: [...new Set(kinds.flatMap(({ verbs }) => verbs))] },
  for: {
    of: [
      'delete',
      'condition=',
      ...(findKind('servers').filters?.['status'] ?? []).map((one) => `status=${word(one)}`),
    ],
  },
};

/** Where the values of a flag come from: of `create`, from what the kind says of it. */
export function sourceOfFlag(flag: string, { id }: Pick<Asked, 'id'>): Source {
  const [verb, called] = id.split(':');
  const own =
    verb === 'create' && called !== undefined && called !== 'token' ? findKind(called).create[flag] : undefined;
  if (!own) return (verb === 'create' ? created[flag] : undefined) ?? sources[flag] ?? { of: [] };
  const { type, field } = own;
  if (type === 'file') return 'files';
  if (type === 'name' || type === 'names') return nameSource(flag, called!);
  return type === undefined || type === 'text' || type === 'constant'
    ? { enum: field, of: findKind(called!).kind.type }
    : { of: [] };
}

/** Of what is made of no kind's flags. */
const created: Readonly<Record<string, Source>> = { bastion: 'bastions', agent: { of: [] }, user: 'users' };

/** The kind that a flag is called after, or the one that is made: `--from` copies one. */
function nameSource(flag: string, made: string): Source {
  const kind =
    kinds.find(({ field, verbs }) => field === flag && verbs.length > 0) ??
    (flag === 'from' ? findKind(made).kind : undefined);
  return kind ? { names: kind.plural } : { of: [] };
}
