// Every verb in one session against a real labd, word for word: once through pipes, and once on a terminal.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../cli/commands.ts';
import { SECRET_KEY } from '../../support/secrets.ts';
import { makeFleet } from '../fleet.ts';
import { masked, runLab, shareSite, type Site } from '../support.ts';
import { atTerminal } from '../terminal.ts';

type Answers = readonly (readonly [question: string, typed: string])[];

interface Step {
  /** What follows `lab` */
  readonly line: string | ((site: Site) => Promise<string>);
  /** What is typed on a terminal, which is asked there */
  readonly answers?: Answers;
  /** What a pipe brings */
  readonly input?: string;
  /** Flags on a terminal alone, and those that take the place of answers where nobody can be asked */
  readonly asked?: string;
  readonly unasked?: string;
  /** Lines that are shown of what is long, and has tests of its own */
  readonly first?: number;
  /** Reads the configuration that the session makes, rather than the environment */
  readonly configured?: true;
}

const folder = mkdtempSync(join(tmpdir(), 'lab-verbs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const manifest = file(
  'cluster.yaml',
  'apiVersion: lab/v1\nkind: Cluster\nmetadata:\n  name: applied\nspec:\n  kind: k3s\n',
);
const query = file('q.graphql', 'query Names {\n  servers(first: 2) {\n    nodes {\n      name\n    }\n  }\n}\n');
const editor = `sh ${file('editor.sh', 'sed -i s/10.0.0.0/10.77.0.0/ "$1"\n')}`;

const asksFor = (name: string, verb: string, kind: string): Pick<Step, 'answers' | 'unasked'> => ({
  answers: [[`Type ${name} to ${verb} ${kind}/${name}:`, `${name}\r`]],
  unasked: '--yes',
});

/** The change that made an object what it is, by what the history says. */
const lastChange = (kind: string, name: string) => async (site: Site) => {
  const { out } = await site.lab('history', kind, name, '-o', 'json');
  const newest = JSON.parse(out.trimEnd().split('\n').at(-1)!) as { revision: string };
  return `undo ${newest.revision.split('.').at(-1)!}`;
};

const session: Readonly<Record<string, readonly Step[]>> = {
  version: [{ line: 'version' }, { line: 'version --client -o yaml' }],
  'api-resources': [{ line: 'api-resources' }],
  explain: [{ line: 'explain server.nics.network.cidr' }],
  get: [{ line: 'get servers,networks' }, { line: 'get server nowhere' }, { line: 'get all --cloud edge -o name' }],
  describe: [{ line: 'describe cluster home' }],
  'create:network': [{ line: 'create network made --cidr 10.9.0.0/16' }],
  'create:server': [{ line: 'create server spare --mac 02:00:00:00:00:99' }],
  'create:cluster': [{ line: 'create cluster made' }],
  'create:vm': [{ line: 'create vm made --vcpus 1 --memory 1' }],
  'create:role': [{ line: 'create role web --permission read:*:*:*' }],
  'create:user': [
    {
      line: 'create user ann --role web',
      asked: '--password-prompt',
      unasked: '--password-stdin',
      input: 'correct horse battery\n',
      answers: [
        ['Password: ', 'correct horse battery\r'],
        ['Password again: ', 'correct horse battery\r'],
      ],
    },
  ],
  'create:profile': [
    { line: 'create profile web --from debian-13 --title Web' },
    { line: 'create profile web-2 --from debian-31' },
    { line: 'delete profile debian-13 --yes' },
  ],
  'create:secret': [
    {
      line: 'create secret bmc',
      unasked: '--from-file -',
      input: 'hunter2\n',
      answers: [
        ['Value: ', 'hunter2\r'],
        ['Value again: ', 'hunter2\r'],
      ],
    },
  ],
  'create:bastion': [{ line: 'create bastion south' }],
  'create:token': [{ line: 'create token ci' }],
  label: [{ line: 'label network made site=north' }, { line: 'label network made site=south' }],
  diff: [{ line: `diff -f ${manifest}` }],
  apply: [
    { line: `apply -f ${manifest} --dry-run` },
    { line: `apply -f ${manifest}` },
    { line: `apply -f ${manifest}` },
  ],
  edit: [{ line: 'edit network storage' }],
  rename: [
    { line: 'rename vm made other' },
    { line: 'rename vm/other lab' },
    { line: 'rename network storage lab' },
    { line: 'rename role web site' },
  ],
  history: [{ line: 'history network storage' }],
  undo: [{ line: lastChange('network', 'storage'), answers: [['[y/N] ', 'y\r']], unasked: '--yes' }],
  'get:events': [{ line: 'get events --limit 2' }],
  'get:audit': [{ line: 'get audit --limit 2' }],
  'audit:verify': [{ line: 'audit verify', first: 1 }],
  top: [{ line: 'top --once', first: 7 }],
  wait: [{ line: 'wait server/labmaster --for=status=INSTALLED --timeout 5s' }],
  why: [{ line: 'why server worker1' }],
  logs: [{ line: 'logs worker1' }],
  adopt: [{ line: 'adopt m-02000000000d' }],
  reset: [{ line: 'reset worker1' }],
  rescue: [{ line: 'rescue worker1' }],
  power: [{ line: 'power worker1 status' }, { line: 'power worker1 up' }],
  move: [{ line: 'move server worker1 --bastion north' }],
  retire: [{ line: 'retire worker1' }],
  restore: [{ line: 'restore worker1' }],
  cancel: [{ line: 'cancel labmaster' }],
  abort: [{ line: 'abort labmaster' }],
  reprovision: [{ line: 'reprovision worker1 --os fedora-43' }],
  forget: [{ line: 'forget worker1', ...asksFor('worker1', 'forget', 'server') }],
  delete: [
    { line: 'delete cluster made', ...asksFor('made', 'delete', 'cluster') },
    { line: `delete -f ${manifest}`, ...asksFor('applied', 'delete', 'cluster') },
    { line: `delete -f ${manifest} --ignore-not-found` },
    { line: 'delete networks -l site=north', ...asksFor('made', 'delete', 'network') },
    { line: 'delete vms' },
  ],
  'query:save': [{ line: `query save names -f ${query}` }],
  'query:run': [{ line: 'query run names' }],
  'auth:whoami': [{ line: 'auth whoami' }],
  'auth:can-i': [{ line: 'auth can-i delete servers --as ann --why' }],
  'auth:bind': [{ line: 'auth bind user/ann viewer' }],
  'auth:unbind': [{ line: 'auth unbind user/ann viewer' }],
  api: [{ line: 'api {clusters{totalCount}}' }],
  login: [
    {
      line: async ({ labd }) => `login --labd ${labd.url} --user ann`,
      answers: [['Password: ', 'correct horse battery\r']],
      unasked: '--password-stdin',
      input: 'correct horse battery\n',
      configured: true,
    },
  ],
  'auth:passwd': [
    {
      line: 'auth passwd',
      answers: [
        ['Present password (empty if there is none): ', 'correct horse battery\r'],
        ['New password: ', 'staple battery horse\r'],
        ['New password again: ', 'staple battery horse\r'],
      ],
      configured: true,
    },
  ],
  'auth:revoke': [{ line: 'auth revoke bastion/south' }],
  logout: [{ line: 'logout', configured: true }],
  'config:set-context': [{ line: 'config set-context away --url https://lab.example', configured: true }],
  'config:use-context': [{ line: 'config use-context away', configured: true }],
  'config:set': [{ line: 'config set url https://lab.example:8443', configured: true }],
  'config:get': [{ line: 'config get url', configured: true }],
  'config:list': [{ line: 'config list', configured: true }],
  'config:view': [{ line: 'config view', configured: true }],
  'config:rename-context': [{ line: 'config rename-context away far', configured: true }],
  'config:current-context': [{ line: 'config current-context', configured: true }],
  'config:delete-context': [
    { line: 'config delete-context far', configured: true },
    { line: 'config delete-context far', configured: true },
  ],
  'config:get-contexts': [{ line: 'config get-contexts', configured: true }],
  'plugin:list': [{ line: 'plugin list' }],
  completion: [{ line: 'completion bash', first: 1 }],
  __complete: [{ line: '__complete get serv' }],
  'bastion:start': [{ line: 'bastion start --dir /dev/null' }],
  'bastion:status': [{ line: 'bastion status --dir /nowhere' }],
  'bastion:stop': [{ line: 'bastion stop --dir /nowhere' }],
  'bastion:machines': [{ line: 'bastion machines --bastion /nowhere' }],
  'bastion:iso': [{ line: 'bastion iso --dir /nowhere' }],
  'bastion:files:list': [{ line: 'bastion files list --dir /nowhere' }],
  'bastion:files:fetch': [{ line: 'bastion files fetch fedora-43 --dir /nowhere' }],
  'bastion:files:add': [{ line: 'bastion files add /dev/null --dir /nowhere' }],
  'bastion:files:build': [{ line: 'bastion files build discovery --dir /nowhere' }],
  'bastion:files:prune': [{ line: 'bastion files prune --dir /nowhere' }],
  doctor: [{ line: 'doctor' }],
  simulate: [{ line: 'simulate --servers none' }],
  // The bastion has no boot services, and says so when it gets to it: nothing may come after this.
  provision: [{ line: 'provision m-02000000000b --os fedora-43 --role worker' }],
};

test('has every command there is', () => {
  expect(Object.keys(session).toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
});

describe.each(['pipe', 'terminal'] as const)('through a %s', (how) => {
  const site = shareSite(makeFleet, { LABD_KEY: SECRET_KEY });

  test('prints what it always has', { timeout: 180_000 }, async () => {
    const config = { LAB_CONFIG: join(folder, `${how}.yaml`) };
    const more = { EDITOR: editor, NO_COLOR: '1', XDG_CACHE_HOME: folder };
    const told: string[] = [];
    for (const steps of Object.values(session))
      for (const step of steps) {
        const line = typeof step.line === 'string' ? step.line : await step.line(site);
        const env = { ...(step.configured ? config : site.env), ...more };
        const words = [line, how === 'pipe' ? step.unasked : step.asked].filter(Boolean).join(' ');
        const ended =
          how === 'pipe'
            ? await runLab(words.split(' '), env, step.input)
            : await atTerminal(words, env, step.answers ?? []);
        const shown = 'shown' in ended ? ended.shown : ended.out + ended.err;
        const lines = shown.trimEnd().split('\n').slice(0, step.first);
        told.push([`$ lab ${words}`, ...lines, ...(ended.code === 0 ? [] : [`(exit ${ended.code})`])].join('\n'));
      }
    const text = masked(told.join('\n\n'))
      .replaceAll(folder, '/site')
      .replaceAll(/\((?:embedded|postgres|cockroach)\w*\)/g, '(embedded)')
      .replaceAll(/lab_pat_\w+/g, 'lab_pat_xxxx')
      .replaceAll(/^\d+ +(?=<time>)|(?<=undo |rev:)\d+/gm, '0')
      .replaceAll(/\d+ seals? hold.*/g, 'the seals hold')
      .replaceAll(/\(\d+s\)/g, '(0s)');
    await expect(`${text}\n`).toMatchFileSnapshot(`../golden/verbs-${how}.txt`);
  });
});
