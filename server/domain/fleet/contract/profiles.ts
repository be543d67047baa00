// OS profiles as rows: what each part of one has to be, and what it is where nobody says.
import {
  type DiskRule,
  installers,
  type Needs,
  type Parameter,
  type Profile,
  type ProfileFile,
  type SumList,
} from '../../../../common/install/plan.ts';
import { architectures } from '../../../../common/install/fit.ts';
import { stages } from '../../../../common/install/stages.ts';
import { right, wrong } from '../../../../common/checked.ts';
import {
  flagOf,
  listOf,
  mapOf,
  numberOf,
  orNull,
  partsOf,
  type Shape,
  textOf,
  wordOf,
} from '../../../../common/shapes.ts';
import { parameterName, parameterTypes, shapeOf } from '../../../../common/install/parameterShapes.ts';

/** Where those lie that come with labd. Nobody else's do, and everybody may read them. */
export const SHIPPED = { cloud: 'lab', environment: 'shipped' } as const;

/** Whether a profile came with labd: it is labd's to change. */
export const isShipped = ({ cloud, environment }: { readonly [column: string]: unknown }): boolean =>
  cloud === SHIPPED.cloud && environment === SHIPPED.environment;

/** What a profile decides besides its name and place. */
export type ProfileSpec = Omit<Profile, 'name'>;

/** What is kept of a profile of which nothing is said. */
export const BLANK: Omit<ProfileSpec, 'title' | 'installer'> = {
  architecture: 'x86_64',
  endOfLife: false,
  mirror: '',
  sums: null,
  files: [],
  kernelArguments: [],
  templates: {},
  parameters: [],
  needs: { memoryGb: null, diskGb: null, firmware: [] },
  disk: { serial: null, wwn: null, minGb: null, maxGb: null, kind: null, removable: false, pick: 'only' },
  stages: [],
};

/** Below a mirror's address: no address of its own, and no way up. */
const path = textOf({
  most: 1_024,
  like: /^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9._~+@%:/-]+$/,
  remedy: 'Write a path below the address of the mirror, such as dists/trixie/main/linux.',
});

const sha256 = textOf({ like: /^[0-9a-f]{64}$/, remedy: 'Write 64 hexadecimal digits, in lower case.' });

const size = numberOf(0, Number.MAX_SAFE_INTEGER, true);
const amount = numberOf(0, 1e9);

const file = partsOf({
  use: { shape: wordOf(['kernel', 'initrd', 'stage2', 'root']) },
  path: { shape: path },
  bytes: { shape: orNull(size), absent: null },
  sha256: { shape: orNull(sha256), absent: null },
} satisfies Record<keyof ProfileFile, object>);

const sums = partsOf({
  form: { shape: wordOf(['treeinfo', 'sha256sums']) },
  path: { shape: path },
} satisfies Record<keyof SumList, object>);

const parameterParts = partsOf({
  name: { shape: parameterName },
  type: { shape: wordOf(parameterTypes) },
  default: { shape: (_field: string, value: unknown) => right(value), absent: null },
  required: { shape: flagOf, absent: false },
  secret: { shape: flagOf, absent: false },
  help: { shape: textOf({ most: 1_000 }), absent: '' },
} satisfies Record<keyof Parameter, object>);

/** A parameter, whose default is of its type. */
const parameter: Shape = (field, value) => {
  const checked = parameterParts(field, value);
  if ('problems' in checked) return checked;
  const { type, default: standard, secret } = checked.value as Parameter;
  if (standard === null) return checked;
  if (secret)
    return wrong(
      `${field}.default`,
      'A secret has none.',
      'Leave it out: a server, a cluster or --set names a Secret.',
    );
  const own = shapeOf(type)(`${field}.default`, standard);
  return 'problems' in own ? own : right({ ...(checked.value as Parameter), default: own.value });
};

/** Parameters, each named once. */
const parameters: Shape = (field, value) => {
  const checked = listOf(parameter, 100)(field, value);
  if ('problems' in checked) return checked;
  const names = (checked.value as Parameter[]).map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  return twice < 0
    ? checked
    : wrong(`${field}[${twice}].name`, `There is a parameter "${names[twice]!}" already.`, 'Give each another name.');
};

const needs = partsOf({
  memoryGb: { shape: orNull(amount), absent: null },
  diskGb: { shape: orNull(amount), absent: null },
  firmware: { shape: listOf(wordOf(['UEFI', 'BIOS']), 2), absent: [] },
} satisfies Record<keyof Needs, object>);

const disk = partsOf({
  serial: { shape: orNull(textOf()), absent: null },
  wwn: { shape: orNull(textOf()), absent: null },
  minGb: { shape: orNull(amount), absent: null },
  maxGb: { shape: orNull(amount), absent: null },
  kind: { shape: orNull(wordOf(['nvme', 'ssd', 'hdd'])), absent: null },
  removable: { shape: flagOf, absent: false },
  pick: { shape: wordOf(['only', 'smallest', 'largest']), absent: 'only' },
} satisfies Record<keyof DiskRule, object>);

const templateName = textOf({
  most: 100,
  like: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
  remedy: 'Name it like a file: letters, digits, dots, dashes and underscores.',
});

/** Together with all else, a profile has to fit in a request, and in an order to a bastion. */
const MOST_TEMPLATES = 131_072;

const templates: Shape = (field, value) => {
  const checked = mapOf(templateName, textOf({ most: MOST_TEMPLATES, lines: true }), 32)(field, value);
  if ('problems' in checked) return checked;
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > MOST_TEMPLATES
    ? wrong(
        field,
        `They have ${bytes.toLocaleString('en')} bytes.`,
        `Use at most ${MOST_TEMPLATES.toLocaleString('en')}.`,
      )
    : checked;
};

const mirror = textOf({
  most: 1_024,
  like: /^(?:https?:\/\/[A-Za-z0-9[\]._:~%/-]+)?$/,
  remedy: 'Write an address such as https://deb.debian.org/debian, without a name, a password or a question in it.',
});

const stageNames = stages.map(({ name }) => name);

/** Stages by name, in the order that they come in. */
const inOrder: Shape = (field, value) => {
  const checked = listOf(wordOf(stageNames), stageNames.length)(field, value);
  if ('problems' in checked) return checked;
  const places = (checked.value as string[]).map((name) => stageNames.indexOf(name));
  const late = places.findIndex((place, i) => i > 0 && place <= places[i - 1]!);
  return late < 0
    ? checked
    : wrong(
        `${field}[${late}]`,
        `"${stageNames[places[late]!]!}" comes before.`,
        `Their order is ${stageNames.join(', ')}.`,
      );
};

/** What each part of a profile has to be. */
export const shapes: Readonly<Record<keyof ProfileSpec, Shape>> = {
  title: textOf({ most: 200 }),
  installer: wordOf(installers),
  architecture: wordOf(architectures),
  endOfLife: flagOf,
  mirror,
  sums: orNull(sums),
  files: listOf(file, 32),
  kernelArguments: listOf(textOf({ most: 1_024 }), 64),
  templates,
  parameters,
  needs,
  disk,
  stages: inOrder,
};

const isEmpty = (kept: unknown): boolean => Object.keys(kept as object).length === 0;

/** The list of sums as its column has it. */
export const keptSums = (written: unknown): unknown => written ?? {};
/** What a column has, for which empty stands for null. */
export const readEmpty = (kept: unknown): unknown =>
  kept === null || kept === undefined || isEmpty(kept) ? null : kept;

/** A profile from its row. */
export const profileFrom = (row: Readonly<Record<string, unknown>>): Profile =>
  Object.fromEntries([
    ['name', row['name']],
    ...Object.keys(shapes).map((part) => [part, part === 'sums' ? readEmpty(row[part]) : row[part]]),
  ]) as Profile;
