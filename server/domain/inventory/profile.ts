// OS profiles: copies of those that come with labd, and people's own. Those that come with labd are labd's to change.
import { InvalidInput, Conflict } from '../errors.ts';
import { type Checked, right, wrong } from '../../../common/checked.ts';
import { architectures } from '../../../common/install/fit.ts';
import {
  BLANK,
  isShipped,
  keptSums,
  type ProfileSpec,
  readEmpty,
  shapes,
  SHIPPED,
} from '../fleet/contract/profiles.ts';
import { type Field, type Fields, flag, list, map, named, reference, text, texts } from '../objects/fields.ts';
import type { Inventory, Row } from '../objects/objects.ts';
import type { Columns, Reading } from '../objects/readInput.ts';
import { resolveReference, type Ways } from '../objects/reference.ts';
import type { Writer } from '../../store/types.ts';
import { installers } from '../../../common/install/plan.ts';

/** A part of a profile, which is what it is when nobody says. */
const part = (name: keyof ProfileSpec, type: Field['type'], description: string) => ({
  type,
  check: (field: string, value: unknown) => shapes[name](field, value),
  ...(name in BLANK ? { absent: BLANK[name as keyof typeof BLANK] } : {}),
  description,
});

/** What people decide about a profile. */
const fields = {
  ...named,
  title: part('title', text, 'What people call it; its name when absent.'),
  installer: part('installer', text, `What installs it: ${installers.join(', ')}.`),
  architecture: part(
    'architecture',
    text,
    `Of the machines that it is for: ${architectures.join(' or ')}; the first when absent.`,
  ),
  endOfLife: part('endOfLife', flag, 'Whether its makers mend it no more.'),
  mirror: part('mirror', text, 'The address that its files are below.'),
  sums: {
    ...part('sums', map, 'Where the mirror lists the sums of its files: `form` (treeinfo or sha256sums) and `path`.'),
    write: keptSums,
    read: readEmpty,
  },
  files: part('files', list, 'What a bastion must have to install it, each with `use`, `path`, `bytes` and `sha256`.'),
  kernelArguments: part('kernelArguments', texts, 'What the kernel of the installer is started with.'),
  templates: part('templates', map, 'What the installer is told, by file name.'),
  parameters: part(
    'parameters',
    list,
    'What an install can be told, each with `name`, `type`, `default`, `required`, `secret` and `help`.',
  ),
  needs: part('needs', map, 'What a machine must have: `memoryGb`, `diskGb` and `firmware`.'),
  disk: part(
    'disk',
    map,
    'Which disk it goes to: `serial`, `wwn`, `minGb`, `maxGb`, `kind`, `removable`, and `pick` where several fit.',
  ),
  stages: part('stages', texts, 'The stages that it goes through, by name, in their order.'),
  from: {
    type: reference('Profile'),
    fixed: true,
    column: null,
    unmanifested: 'Write down what it says: lab get profile NAME -o yaml.',
    description: 'The profile that it is a copy of, but for what else is said.',
  },
} satisfies Fields;

const parts = Object.keys(shapes) as (keyof ProfileSpec)[];

/** The parts of the profile that a new one is a copy of; none when it is no copy. Throws InvalidInput. */
async function copied({ tx, input, may }: Reading): Promise<Columns> {
  if (input['from'] == null) return {};
  const id = await resolveReference(tx, 'Profile', input['from'] as Ways, 'input.from', may);
  const row: Columns = (await tx.client.profile.findUnique({ where: { id } }))!;
  return Object.fromEntries(parts.map((name) => [name, row[name]]));
}

/** What a new one is where nothing is said of it. */
async function derive(columns: Columns, reading: Reading): Promise<Checked<Columns>> {
  if (reading.before !== null) return right({});
  const { sums, ...blank } = BLANK;
  const whole: Columns = { title: columns['name'], ...blank, sums: keptSums(sums), ...(await copied(reading)) };
  if (
    columns['installer'] === undefined &&
    whole['installer'] === undefined &&
    reading.input['installer'] === undefined
  )
    return wrong(
      'input.installer',
      'Nothing says what installs it.',
      `Say one of ${installers.join(', ')}, or make a copy: lab create profile NAME --from debian-13.`,
    );
  return right(Object.fromEntries(Object.entries(whole).filter(([name]) => columns[name] === undefined)));
}

function demandOwn(row: Row): void {
  if (!isShipped(row)) return;
  const name = String(row['name']);
  throw new Conflict(
    `Profile "${name}" came with labd, which alone changes it.`,
    `Make a copy and change that: lab create profile NAME --from ${name}.`,
  );
}

async function check(_tx: Writer, before: Row | null, after: Record<string, unknown> | null): Promise<void> {
  if (before) demandOwn(before);
  if (after && isShipped(after))
    throw new InvalidInput(
      'input.environment',
      `Nothing but what comes with labd lies in ${SHIPPED.cloud}/${SHIPPED.environment}.`,
      'Give the cloud and the environment of the servers that it is for.',
    );
  return Promise.resolve();
}

export const profile: Inventory = {
  kind: 'Profile',
  noun: 'profile',
  fields,
  guard: (_tx, before) => demandOwn(before),
  derive,
  check,
};
