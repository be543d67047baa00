// Install attempts: the tries at installing servers.
import { readEmpty } from '../../server/domain/fleet/contract/profiles.ts';
import { placeOf } from '../permissions/scope.ts';
import { builder } from '../base/builder.ts';
import { toOne } from '../rows/edges.ts';
import {
  InstallOutcome,
  InstallOutcomeFilter,
  InstallPhase,
  InstallPhaseFilter,
  ServerRole,
  ServerStatus,
  stored,
} from './enums.ts';
import { filterBy } from '../lists/filter.ts';
import {
  estimateField,
  failureField,
  installNameField,
  linesField,
  stagesField,
  takenField,
  turnField,
} from './installParts.ts';
import { historyField, idField, Node, shared } from '../fields/sharedFields.ts';
import { defineResource } from '../lists/defineResource.ts';

/** SERVER.NUMBER: the server's name, and the attempt's number among its. */
const written = /^(.+)\.(\d{1,9})$/;

export const InstallAttempt = defineResource('InstallAttempt', {
  access: placeOf('server', 'serverId'),
  filter: {
    id: filterBy.itself('InstallAttempt', 'By the attempt itself.'),
    server: filterBy.related('Server', 'serverId', 'By the server that is installed.'),
    number: filterBy.number('number', "By its number among the server's attempts."),
    phase: filterBy.choice(InstallPhaseFilter, 'phase', 'By how far it has come.'),
    outcome: filterBy.choice(InstallOutcomeFilter, 'outcome', 'By what came of it.', { nullable: true }),
    diskTouched: filterBy.flag('diskTouched', 'By whether a disk may no longer be what it was.'),
    os: filterBy.text('profile', 'By the OS profile, such as `fedora-43`.'),
  },
  orders: {
    CREATED_AT: { column: 'createdAt', type: 'moment', description: 'By when it was begun.' },
    PHASE: { column: 'phase', description: 'By the name of its phase.' },
  },
  references: {
    name: {
      description: "The server's name and the attempt's number, such as `labmaster.3`.",
      ways: (text) => {
        const [, server, number] = written.exec(text) ?? [];
        return server === undefined ? [] : [{ server: { name: server }, number: Number(number) }];
      },
    },
  },
});

builder.prismaObject('InstallAttempt', {
  description: 'One try at installing a server. It is open until it has an outcome, and a server has one open at most.',
  interfaces: [Node],
  fields: (t) => ({
    id: t.field(idField('InstallAttempt')),
    name: t.field(installNameField),
    number: t.exposeInt('number', { description: "Its number among the server's attempts, from 1." }),
    version: t.expose('version', shared.version),
    os: t.exposeString('profile', { description: 'The OS profile that is installed, such as `fedora-43`.' }),
    revision: t.exposeString('revision', {
      nullable: true,
      description: 'The revision of the profile that it was begun with; null of those from before there were any.',
    }),
    parameters: t.expose('parameters', {
      type: 'JSON',
      description:
        'What it was told: a map from the names of parameters to `value` and `from`, where each is from. Of a secret the value is the name of the Secret.',
    }),
    disk: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The disk that was chosen, as `name`, `serial`, `wwn` and `sizeGb`; null for none.',
      extensions: { columns: ['disk'] },
      resolve: (row) => readEmpty((row as unknown as { disk: unknown }).disk),
    }),
    files: t.expose('files', {
      type: 'JSON',
      description: "The profile's files: a list of `use`, `path` and `sha256`, null where the mirror lists it.",
    }),
    role: t.field({
      ...stored(ServerRole, 'role'),
      nullable: true,
      description: 'What the server is to do in a cluster.',
    }),
    phase: t.field({
      ...stored(InstallPhase, 'phase'),
      description: 'How far it has come; once it is over, how far it came.',
    }),
    outcome: t.field({
      ...stored(InstallOutcome, 'outcome'),
      nullable: true,
      description: 'What came of it; null while it is open.',
    }),
    fromStatus: t.field({ ...stored(ServerStatus, 'fromStatus'), description: "The server's status before." }),
    diskTouched: t.exposeBoolean('diskTouched', { description: 'Whether a disk may no longer be what it was.' }),
    turn: t.field(turnField),
    estimate: t.field(estimateField),
    phaseDeadline: t.expose('phaseDeadline', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the installer must have been heard of again; null while it waits for its turn, and once it is over.',
    }),
    deadline: t.expose('hardDeadline', {
      type: 'DateTime',
      nullable: true,
      description: 'When it must be over, however often it is heard of; null when nothing was said.',
    }),
    pausedAt: t.expose('pausedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'Since when its clock stands still, because the bastion is away: deadlines move by as much once it is back. Null while it runs.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was begun.' }),
    updatedAt: t.expose('updatedAt', shared.updatedAt),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it got its outcome; null while it is open.',
    }),
    history: t.field(historyField('InstallAttempt')),
    taken: t.field(takenField),
    stages: t.field(stagesField),
    failure: t.field(failureField),
    logTotal: t.expose('logTotal', { type: 'Counter', description: 'How many lines the installer wrote.' }),
    logDropped: t.expose('logDropped', {
      type: 'Counter',
      description: 'How many of them are not kept, since they are more than is kept of one attempt.',
    }),
    lines: t.field(linesField),
    server: t.field(
      toOne('Server', {
        relation: 'server',
        key: 'serverId',
        description: 'The server; null when you may not see it.',
      }),
    ),
  }),
});
