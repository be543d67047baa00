// Applying manifests: what it takes, what became of each, and everything that was wrong.
import type { GraphQLResolveInfo } from 'graphql';
import {
  applyAll,
  DryRun,
  MOST_MANIFESTS,
  NotApplied,
  type Outcome as AnyOutcome,
} from '../../server/domain/apply/apply.ts';
import type { FieldChange as AnyFieldChange } from '../../server/domain/apply/applyManifest.ts';
import type { Located } from '../../server/domain/apply/problems.ts';
import { demandSet } from '../../server/domain/apply/pruneSets.ts';
import { UnknownWord } from '../../server/domain/apply/values.ts';
import { demandRight } from '../../common/checked.ts';
import { Forbidden } from '../../server/domain/errors.ts';
import { inventory } from '../../server/domain/inventory/index.ts';
import { checkText } from '../../server/domain/objects/validate.ts';
import { recordRefusal } from '../../server/store/refusals.ts';
import { builder } from '../base/builder.ts';
import type { Counted } from '../base/counted.ts';
import { catalog, type Kind, type KindName } from '../catalog.ts';
import { type Context, originOf } from '../base/context.ts';
import { resultUnion } from '../base/errors.ts';
import { encodeId } from '../base/ids.ts';
import { refusedOf } from '../permissions/refusal.ts';
import { judged } from './fields.ts';
import { permissionsOf } from './mutation.ts';

const ApplyOutcome = builder.enumType('ApplyOutcome', {
  description: 'What became of an object.',
  values: {
    CREATED: { description: 'The object was not there, and was made.' },
    CONFIGURED: { description: 'The object was there, and was changed.' },
    UNCHANGED: { description: 'It was so already.' },
    PRUNED: { description: 'It was deleted: the set has it no longer.' },
  } as const,
});

const ManifestChange = builder.objectRef<AnyFieldChange>('ManifestChange').implement({
  description: 'One field that became something else, as manifests write it.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Its path in the manifest, such as `spec.cidr`.' }),
    before: t.expose('before', {
      type: 'JSON',
      nullable: true,
      description: 'The value before; null when there was none.',
    }),
    after: t.expose('after', {
      type: 'JSON',
      nullable: true,
      description: 'The value that it has now; null when there is none.',
    }),
  }),
});

const Applied = builder.objectRef<AnyOutcome>('Applied').implement({
  description: 'What became of one object.',
  fields: (t) => ({
    index: t.exposeInt('index', { nullable: true, description: "Its manifest's place; null for what was pruned." }),
    kind: t.exposeString('kind', { description: 'Its kind, such as `Network`.' }),
    id: t.id({
      description: 'The id of the object, `Kind:uuid`.',
      resolve: ({ kind, row }) => encodeId(kind as KindName, row.id),
    }),
    name: t.string({
      description: 'The name of the object, unique per kind.',
      resolve: ({ row }) => String(row['name']),
    }),
    outcome: t.expose('outcome', { type: ApplyOutcome, description: 'What became of it.' }),
    changes: t.expose('changes', { type: [ManifestChange], description: 'The fields that became something else.' }),
  }),
});

interface Manifests {
  readonly __typename: 'AppliedManifests';
  readonly dryRun: boolean;
  readonly outcomes: readonly AnyOutcome[];
}

const AppliedManifests = builder.objectRef<Manifests>('AppliedManifests').implement({
  description: 'All manifests were applied, or would have been.',
  fields: (t) => ({
    dryRun: t.exposeBoolean('dryRun', { description: 'Whether nothing was written.' }),
    outcomes: t.field({
      type: [Applied],
      description: 'What became of each object, in the order of the manifests; then what was pruned.',
      resolve: ({ outcomes }) => [...outcomes],
    }),
  }),
});

const ManifestProblem = builder.objectRef<Located>('ManifestProblem').implement({
  description: 'One mistake in one manifest.',
  fields: (t) => ({
    index: t.exposeInt('index', { nullable: true, description: "The manifest's place; null for what is in none." }),
    kind: t.exposeString('kind', { description: 'The kind that it names.' }),
    name: t.exposeString('name', { description: 'The name that it names.' }),
    path: t.exposeString('path', { description: 'Where it is, such as `spec.cidr`; empty for the whole.' }),
    type: t.string({
      description: 'Which mistake: `InvalidInput`, `Conflict`, `NotFound` or `Forbidden`.',
      resolve: ({ error }) => error.name,
    }),
    message: t.string({ description: 'What is wrong, in a sentence.', resolve: ({ error }) => error.message }),
    remedy: t.string({ description: 'What to type or change next.', resolve: ({ error }) => error.remedy }),
    permission: t.string({
      nullable: true,
      description: 'The permission that is missing, if that is what is wrong.',
      resolve: ({ error }) => (error instanceof Forbidden ? error.permission : null),
    }),
    choices: t.stringList({
      description: 'The words that could stand there, if it is a word that nobody knows.',
      resolve: ({ error }) => (error instanceof UnknownWord ? [...error.choices] : []),
    }),
  }),
});

interface Refused {
  readonly __typename: 'ManifestProblems';
  readonly problems: readonly Located[];
}

const ManifestProblems = builder.objectRef<Refused>('ManifestProblems').implement({
  description: 'Nothing was applied, and everything that is wrong.',
  fields: (t) => ({
    problems: t.field({
      type: [ManifestProblem],
      description: 'All mistakes, in the order of the manifests.',
      resolve: ({ problems }) => [...problems],
    }),
  }),
});

const ApplyManifestsInput = builder.inputType('ApplyManifestsInput', {
  description: 'Manifests, and how to apply them.',
  fields: (t) => ({
    manifests: t.field({
      type: ['Manifest'],
      required: true,
      description: `The objects, in any order; at most ${MOST_MANIFESTS} in one operation.`,
      extensions: { items: 'manifests' } satisfies Counted,
    }),
    dryRun: t.boolean({ description: 'Write nothing, and answer what would become of each.' }),
    set: t.string({ description: 'The set that they are all of, a DNS label.' }),
    prune: t.boolean({ description: 'Delete what was in the set and is not among the manifests.' }),
    takeOver: t.boolean({ description: 'Take fields that others manage, instead of refusing.' }),
    force: t.boolean({ description: 'The same, also of objects that are not at `metadata.revision` any more.' }),
    asRead: t.boolean({
      description:
        'They are objects as they were read, changed in places: fields that are not named stay, one that was changed since `metadata.revision` is a conflict whoever set it, and what is not there any more is not made anew.',
    }),
    manager: t.string({ description: 'Who manages the fields that are set; `lab-apply/` and your name when absent.' }),
  }),
});

/** Milliseconds for all of them: a thousand take the embedded engine most of it. */
const TIMEOUT = 25_000;

/** Every refusal among the mistakes is written down, as that of a single mutation is. */
async function recordRefusals(context: Context, problems: readonly Located[]): Promise<void> {
  for (const { error, kind, name } of problems) {
    if (!(error instanceof Forbidden)) continue;
    const declared = { action: error.permission.startsWith('destroy') ? 'destroy' : 'apply', kind: kind as KindName };
    const refused = refusedOf('applyManifests', declared as never, error, { input: { name } });
    await recordRefusal(context.database, originOf(context, 'applyManifests'), refused);
  }
}

const administered = (kind: string): boolean => (catalog[kind as KindName] as Kind).administered === true;

builder.mutationField('applyManifests', (t) =>
  t.field({
    type: resultUnion('ApplyManifestsResult', 'What applyManifests answers.', [AppliedManifests, ManifestProblems]),
    action: 'apply',
    description:
      'Makes objects what manifests say, all of them or none: makes those that are not there, changes fields that differ, and puts back what a manifest of the same manager set before and sets no more.',
    args: {
      input: t.arg({ type: ApplyManifestsInput, required: true, description: 'The manifests, and how to apply them.' }),
    },
    resolve: async (
      _root: unknown,
      { input }: { input: typeof ApplyManifestsInput.$inferInput },
      context: Context,
      { schema }: GraphQLResolveInfo,
    ): Promise<Manifests | Refused> => {
      const { manifests, dryRun, set, prune, takeOver, force, asRead, manager } = input;
      demandSet(set ?? undefined, prune === true);
      const may = permissionsOf(context);
      const asked = {
        manifests,
        dryRun: dryRun === true,
        set: set ?? undefined,
        prune: prune === true,
        takeOver: takeOver === true || force === true,
        blind: force === true,
        asRead: asRead === true,
        judge: (kind: string, field: string, value: unknown) =>
          judged(inventory[kind as keyof typeof inventory].fields, field, value, schema),
        manager: manager == null ? `lab-apply/${may.actor}` : demandRight(checkText('input.manager', manager)),
      };
      try {
        const { value, revision } = await context.database.write(
          originOf(context, 'applyManifests'),
          (tx) => applyAll(tx, asked, may),
          { lockHead: true, goOn: () => context.beforeWriting(), timeout: TIMEOUT },
        );
        if (revision !== null && value.some(({ kind }) => administered(kind))) await context.hub.reached(revision);
        return { __typename: 'AppliedManifests', dryRun: false, outcomes: value };
      } catch (error) {
        if (error instanceof DryRun) return { __typename: 'AppliedManifests', dryRun: true, outcomes: error.outcomes };
        if (!(error instanceof NotApplied)) throw error;
        await recordRefusals(context, error.problems);
        return { __typename: 'ManifestProblems', problems: error.problems };
      }
    },
  }),
);
