// OS profiles on the command line.
import * as inputs from '../generated/inputs.ts';
import { catalog } from '../../schema/catalog.ts';
import type { DiskRule, Needs, Parameter, ProfileFile } from '../../common/install/plan.ts';
import {
  CreateProfileDocument,
  DeleteProfileDocument,
  DescribeProfileDocument,
  type DescribeProfileQuery,
  ProfileDocument,
  type ProfileRowFragment,
  ProfilesDocument,
  RenameProfileDocument,
  WatchProfilesDocument,
} from '../generated/documents.ts';
import { age } from '../terminal/text.ts';
import { createFlags } from './decided.ts';
import { readinessSection, readyText } from './readiness.ts';
import { defineKind, list, placeColumns, placedFlags, placeFacts, type Section, yesField } from './kind.ts';

type Described = NonNullable<DescribeProfileQuery['one']>;

/** What is to be known of it before it is used. */
const note = ({ endOfLife, withdrawn }: { endOfLife: boolean; withdrawn: boolean }): string | null =>
  [endOfLife ? 'end of life' : '', withdrawn ? 'withdrawn' : ''].filter(Boolean).join(', ') || null;

const atLeast = (amount: number | null, unit: string): string | null => (amount === null ? null : `${amount} ${unit}`);

function diskText({ serial, wwn, minGb, maxGb, kind, removable, pick }: DiskRule): string {
  const said = [
    serial === null ? '' : `serial ${serial}`,
    wwn === null ? '' : `WWN ${wwn}`,
    kind ?? '',
    minGb === null ? '' : `at least ${minGb} GB`,
    maxGb === null ? '' : `at most ${maxGb} GB`,
    removable ? '' : 'not removable',
  ].filter(Boolean);
  return [pick === 'only' ? 'the only one' : `the ${pick}`, ...said].join(', ');
}

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const parameterText = ({ type, default: standard, required, secret, help }: Parameter): string =>
  [
    secret ? 'the name of a secret' : type,
    required ? 'required' : '',
    standard === null ? '' : `${valueText(standard)} by default`,
    help,
  ]
    .filter(Boolean)
    .join('; ');

const describe = (profile: Described): Section => {
  const needs = profile.needs as Needs;
  const files = profile.files as readonly ProfileFile[];
  const parameters = profile.parameters as readonly Parameter[];
  const templates = Object.entries(profile.templates as Readonly<Record<string, string>>);
  return {
    title: `profile/${profile.name}`,
    facts: [
      ['Id', profile.id],
      ['Title', profile.title],
      ['Installer', profile.installer],
      ['Architecture', profile.architecture],
      ['Note', note(profile)],
      ['Comes with labd', profile.shipped],
      ...placeFacts(profile),
      ['Mirror', profile.mirror || null],
      ['Kernel arguments', profile.kernelArguments.join(' ') || null],
      ['Memory', atLeast(needs.memoryGb, 'GiB')],
      ['Disk size', atLeast(needs.diskGb, 'GB')],
      ['Firmware', needs.firmware.join(', ') || null],
      ['Disk', diskText(profile.disk as DiskRule)],
      ['Stages', profile.stages.join(', ') || null],
      ['Created', profile.createdAt],
      ['Changed', profile.updatedAt],
    ],
    below: [
      ...list('Bastions', profile.bastions, ({ bastion, ...pair }) =>
        readinessSection(`bastion/${bastion?.name ?? '(hidden)'}`, pair),
      ),
      ...list('Files', files, ({ use, path, bytes, sha256 }) => ({
        title: use,
        facts: [
          ['Path', path],
          ['Bytes', bytes],
          ['SHA-256', sha256 ?? (profile.sums === null ? null : 'as the mirror lists it')],
        ],
      })),
      ...(parameters.length === 0
        ? []
        : [{ title: 'Parameters', facts: parameters.map((one) => [one.name, parameterText(one)] as const) }]),
      ...(templates.length === 0
        ? []
        : [
            {
              title: 'Templates',
              facts: templates.map(([name, text]) => [name, `${text.length} characters`] as const),
            },
          ]),
    ],
  };
};

export const profile = defineKind<ProfileRowFragment, Described>({
  kind: catalog.Profile,
  documents: {
    list: ProfilesDocument,
    get: ProfileDocument,
    watch: WatchProfilesDocument,
    describe: DescribeProfileDocument,
    create: CreateProfileDocument,
    rename: RenameProfileDocument,
    remove: DeleteProfileDocument,
  },
  columns: [
    { header: 'NAME', value: ({ name }) => name },
    { header: 'TITLE', value: ({ title }) => title },
    { header: 'INSTALLER', value: ({ installer }) => installer },
    { header: 'ARCH', value: ({ architecture }) => architecture },
    { header: 'SHIPPED', value: ({ shipped }) => (shipped ? 'yes' : 'no') },
    { header: 'NOTE', value: note },
    { header: 'READY AT', wide: true, value: ({ bastions }) => readyText(bastions ?? []) },
    { header: 'MIRROR', wide: true, value: ({ mirror }) => mirror ?? null },
    ...placeColumns,
    { header: 'CHANGED', value: ({ updatedAt }, now) => age(updatedAt, now) },
  ],
  manifest: ({
    title,
    installer,
    architecture,
    endOfLife,
    mirror,
    shipped,
    withdrawn,
    createdAt,
    updatedAt,
    ...row
  }) => ({
    spec: {
      title,
      installer,
      architecture,
      endOfLife,
      mirror,
      sums: row.sums,
      files: row.files,
      kernelArguments: row.kernelArguments,
      templates: row.templates,
      parameters: row.parameters,
      needs: row.needs,
      disk: row.disk,
      stages: row.stages,
    },
    status: { shipped, withdrawn, createdAt, updatedAt },
  }),
  describe,
  create: createFlags(inputs.Profile, {
    from: { field: 'from', type: 'name', description: 'make a copy of this profile, but for what other flags say' },
    ...placedFlags,
  }),
  example: 'fedora-43-web --from fedora-43 --environment prod',
  fields: { 'spec.installer': { field: 'installer' }, 'spec.endOfLife': yesField('endOfLife') },
  orders: ['NAME', 'CREATED_AT', 'UPDATED_AT'],
});
