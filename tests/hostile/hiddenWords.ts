// What is typed of every command when lab is searched for what is hidden: of every kind, and of what is hidden and seen.
import { kinds } from '../../schema/catalog.ts';
import { OPEN } from '../schema/hidden/world.ts';

/** One command line, and what it reads. */
interface Line {
  readonly words: readonly string[];
  readonly input?: string;
}

/** An object to name. */
interface Object {
  /** Its kind, as it is typed */
  readonly kind: string;
  readonly name: string;
}

type Lines = (objects: readonly Object[], revisions: readonly bigint[]) => readonly Line[];

const FORMATS = ['wide', 'yaml', 'json', 'name'];
const line = (...words: string[]): Line => ({ words });
const of =
  (...words: string[]): Lines =>
  (objects) =>
    objects.map(({ kind, name }) => line(...words.map((word) => word.replace('KIND', kind).replace('NAME', name))));
const only =
  (kind: string, lines: Lines): Lines =>
  (objects, revisions) =>
    lines(
      objects.filter((one) => one.kind === kind),
      revisions,
    );
const once =
  (...words: string[]): Lines =>
  () => [line(...words)];
const file = (verb: string, ...more: string[]): Lines =>
  only('server', (servers) =>
    servers.map(({ name }) => ({
      words: [verb, '-f', '-', ...more],
      input: `apiVersion: lab/v1\nkind: Vm\nmetadata: { name: new-vm, environment: ${OPEN} }\nspec: { vcpus: 1, memoryGb: 1, server: ${name} }\n`,
    })),
  );
const lifecycle = (verb: string, ...more: string[]): [string, Lines] => [
  verb,
  only('server', of(verb, 'NAME', ...more, '--yes')),
];
const creation = ({ field }: { field: string }): [string, Lines] => [
  `create:${field}`,
  only(field, of('create', field, 'NAME', '--environment', OPEN)),
];

/** The lines of each command; a command without any fails. What takes things away comes last. */
export const LINES: Readonly<Record<string, Lines>> = {
  get: (objects) => [
    ...kinds
      .filter(({ verbs }) => verbs.includes('get'))
      .flatMap(({ plural }) => [
        line('get', plural, '--show-labels'),
        ...FORMATS.map((format) => line('get', plural, '-o', format)),
        line('get', plural, '--at', '1h'),
      ]),
    ...objects.map(({ kind, name }) => line('get', kind, name, '-o', 'yaml')),
  ],
  describe: of('describe', 'KIND', 'NAME'),
  'get:audit': once('get', 'audit', '-o', 'yaml'),
  'get:events': once('get', 'events'),
  history: of('history', 'KIND', 'NAME'),
  undo: (_objects, revisions) => revisions.map((rev) => line('undo', `rev:${rev}`, '--dry-run')),
  'audit:verify': once('audit', 'verify'),
  diff: file('diff'),
  edit: of('edit', 'KIND', 'NAME'),
  label: of('label', 'KIND', 'NAME', 'a=b'),
  logs: of('logs', 'NAME'),
  wait: only('server', of('wait', 'server/NAME', '--for', 'status=retired', '--timeout', '1s')),
  why: only('server', of('why', 'NAME')),
  login: once('login'),
  explain: of('explain', 'KIND'),
  api: once('api', '{ servers { nodes { name labels conditions { message } bastion { name } } } }'),
  'auth:whoami': once('auth', 'whoami'),
  'auth:can-i': of('auth', 'can-i', 'read', 'KIND/NAME', '--why'),
  'auth:bind': only('role', of('auth', 'bind', 'bound-user', 'NAME')),
  'auth:unbind': only('user', of('auth', 'unbind', 'NAME', 'seen-role')),
  'auth:passwd': once('auth', 'passwd'),
  'auth:revoke': only('bastion', of('auth', 'revoke', 'bastion/NAME')),
  'api-resources': once('api-resources'),
  'config:list': once('config', 'list'),
  'config:get-contexts': once('config', 'get-contexts'),
  'config:view': once('config', 'view'),
  'config:current-context': once('config', 'current-context'),
  'config:get': once('config', 'get', 'format'),
  'config:set': once('config', 'set', 'format', 'yaml'),
  'config:set-context': once('config', 'set-context', 'other'),
  'config:use-context': once('config', 'use-context', 'other'),
  'config:rename-context': once('config', 'rename-context', 'other', 'another'),
  'config:delete-context': once('config', 'delete-context', 'other'),
  'plugin:list': once('plugin', 'list'),
  completion: once('completion', 'bash'),
  __complete: () => [
    line('__complete', '--', 'get', 'servers', ''),
    line('__complete', '--', 'describe', 'bastion', ''),
  ],
  // No bastion can be where a file is: each ends before it starts one, or asks it.
  ...Object.fromEntries(
    [
      'start',
      'status',
      'stop',
      'iso',
      'files list',
      'files fetch fedora-43',
      'files add /dev/null',
      'files build discovery',
      'files prune',
    ].map((words) => {
      const [id] = /^(?:files )?\w+/.exec(words)!;
      return [`bastion:${id.replace(' ', ':')}`, once('bastion', ...words.split(' '), '--dir', '/dev/null')];
    }),
  ),
  'bastion:machines': once('bastion', 'machines', '--bastion', '/dev/null'),
  doctor: once('doctor'),
  'query:save': only('query', (queries) =>
    queries.map(({ name }) => ({ words: ['query', 'save', name, '-f', '-'], input: '{ about { version } }' })),
  ),
  'query:run': only('query', of('query', 'run', 'NAME')),
  simulate: once('simulate', '1', '--bastion', 'http://127.0.0.1:1'),
  top: once('top'),
  version: once('version'),
  ...Object.fromEntries(kinds.filter(({ verbs }) => verbs.includes('create')).map(creation)),
  'create:token': only('user', of('create', 'token', '--user', 'NAME')),
  apply: file('apply', '--dry-run'),
  rename: of('rename', 'KIND', 'NAME', 'renamed'),
  ...Object.fromEntries([
    lifecycle('provision', '--os', 'fedora-43'),
    lifecycle('reprovision', '--os', 'fedora-43'),
    lifecycle('move', '--bastion', 'site'),
    ...['cancel', 'abort', 'adopt', 'reset', 'rescue', 'retire', 'restore', 'forget'].map((verb) => lifecycle(verb)),
  ]),
  power: only('server', of('power', 'NAME', 'on')),
  delete: of('delete', 'KIND', 'NAME'),
  logout: once('logout'),
};
