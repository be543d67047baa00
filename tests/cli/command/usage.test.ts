// The built lab without a labd: help, wrong words, and the configuration that says which labd to ask.
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { expectGolden, program, runLab, startLab } from '../support.ts';

describe('wrong words', () => {
  test.each([
    ['frob', 'lab has no command "frob".', '--help'],
    ['gte servers', 'lab has no command "gte". Did you mean "get"?', '--help'],
    ['create netwrk', 'lab has no command "create netwrk". Did you mean "create network"?', 'create --help'],
    [
      'bastion files fetsh x',
      'lab has no command "bastion files fetsh". Did you mean "bastion files fetch"?',
      'bastion files --help',
    ],
    ['create network lab', 'Missing required flag --cidr.', 'create network --help'],
    ['create net lab --vlan x --cidr y', '--vlan "x" is not an integer.', 'create network --help'],
    ['get servers --frob', 'There is no flag --frob.', 'get --help'],
    ['get servers --limit 0', '--limit "0" is not an integer greater than or equal to 1.', 'get --help'],
    ['get servers --limit', '--limit expects a value.', 'get --help'],
    ['get servers --limit 1 --limit 2', '--limit can only be specified once.', 'get --help'],
    ['get servers --frob --nicate', 'There is no flag --frob, --nicate.', 'get --help'],
    ['top --rows 501', '--rows "501" is not an integer less than or equal to 500.', 'top --help'],
    ['version -o xml', '--output "xml" is none of: json, yaml.', 'version --help'],
    ['version -o', '--output expects one of these values: json, yaml.', 'version --help'],
    ['delete vms --all -l a=b', '--all=true cannot also be provided when using --selector.', 'delete --help'],
    [
      'provision a --timeout 5m',
      'All of the following must be provided when using --timeout: --wait Missing required flag --os.',
      'provision --help',
    ],
    ['config get', 'Missing setting.', 'config get --help'],
    ['config get color', '"color" is none of: url, token, cloud, environment.', 'config get --help'],
    ['api-resources x', '"x" is too much.', 'api-resources --help'],
    ['--frob x get', 'Flags come after the command: "--frob" is the first word.', '--help'],
    ['--context x --frob get', 'Flags come after the command: "--frob" is the first word.', '--help'],
    ['--context x', 'After --context no command is said.', '--help'],
    ['--context x config list', 'There is no flag --context.', 'config list --help'],
    ['get sevrers', 'lab has no kind "sevrers". Did you mean "servers"?', 'api-resources'],
  ])('lab %s exits 2 and says: %s', async (line, message, next) => {
    const ended = await runLab(line.split(' '));
    expect(ended).toEqual({ code: 2, out: '', err: `Error: ${message}\nSee: ${program} ${next}\n` });
  });

  test.each([
    ['create -f a.yaml', 'create -f', 'apply -f FILE'],
    ['auth login', 'auth login', 'login'],
    ['whoami', 'whoami', 'auth whoami'],
    ['patch server a', 'patch', 'edit KIND NAME, or apply -f FILE'],
  ])('lab %s, which is called otherwise elsewhere, says what it is here', async (line, typed, here) => {
    const ended = await runLab(line.split(' '));
    const err = `Error: lab has no command "${typed}".\nUse: ${program} ${here}\n`;
    expect(ended).toEqual({ code: 2, out: '', err });
  });

  test.each([
    ['get'],
    ['describe'],
    ['delete server'],
    ['api'],
    ['api {x} --var nonsense'],
    ['get servers --labd banana'],
  ])('lab %s exits 2 and says what is missing', async (line) => {
    const ended = await runLab(line.split(' '));
    expect(ended).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^Error: .+\n/) });
  });
});

describe('help', () => {
  test.each([
    ['', 'help.txt'],
    ['get --help', 'help-get.txt'],
    ['create --help', 'help-create.txt'],
    ['create network --help', 'help-create-network.txt'],
  ])('of lab %s is on standard output', async (line, golden) => {
    const { code, out, err } = await runLab(line.split(' ').filter(Boolean));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expectGolden(out.replace(/linux-\S+ node-\S+/, 'PLATFORM'), golden);
  });

  test.each(['help', '--help', '-h'])('lab %s says what lab does', async (word) =>
    expect((await runLab([word])).out).toBe((await runLab([])).out),
  );

  test('lab help get is lab get --help', async () =>
    expect((await runLab(['help', 'get'])).out).toBe((await runLab(['get', '-h'])).out));
});

test('a command loads neither help nor a parser of YAML nor what only other commands need', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lab-loaded-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    join(folder, 'config.yaml'),
    'contexts:\n  - name: a\n    url: http://127.0.0.1:9/graphql\ncurrentContext: a\n',
  );
  const env = { NODE_V8_COVERAGE: join(folder, 'loaded'), LAB_CONFIG: join(folder, 'config.yaml') };
  expect((await startLab(['get', 'servers'], env)).code).toBe(5);
  const [report] = await readdir(env.NODE_V8_COVERAGE);
  const { result } = JSON.parse(await readFile(join(env.NODE_V8_COVERAGE, report!), 'utf8')) as {
    result: { url: string }[];
  };
  const loaded = result.map(({ url }) => url).filter((url) => url.includes('/dist/lab/'));
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.filter((url) => /help|yaml|stream|watch|simulate/.test(url))).toEqual([]);
  const sizes = await Promise.all(loaded.map(async (url) => (await stat(new URL(url))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(200_000);
});

describe('the configuration', () => {
  let file: string;
  const lab = (line: string, env: Record<string, string> = {}) => runLab(line.split(' '), { LAB_CONFIG: file, ...env });
  const asked = async (line: string, env: Record<string, string> = {}) => {
    const { err, code } = await lab(line, env);
    expect(code).toBe(5);
    return /labd at (\S+)/.exec(err)?.[1];
  };

  beforeEach(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-config-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    file = join(folder, 'new', 'config.yaml');
    await lab('config set-context one --url http://127.0.0.1:1/graphql --token lab_pat_secret');
    await lab('config set-context two --url http://127.0.0.1:2/graphql');
  });

  test("is its owner's alone where it is new, and keeps the permissions that it has", async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await chmod(file, 0o640);
    expect((await lab('config use-context two')).out).toBe('context/two is current\n');
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });

  test('loses nothing when many change it at once, and leaves nothing beside it', async () => {
    const names = Array.from({ length: 8 }, (_, n) => `c${n}`);
    const made = names.map((name, n) => {
      const words = ['config', 'set-context', name, '--url', `http://127.0.0.1:${n + 10}/graphql`];
      return (n % 2 === 0 ? startLab : runLab)(words, { LAB_CONFIG: file });
    });
    expect((await Promise.all(made)).map(({ code, err }) => [code, err])).toEqual(names.map(() => [0, '']));
    const { out } = await lab('config view -o json');
    const { contexts } = JSON.parse(out) as { contexts: { name: string; url: string }[] };
    expect(contexts.map(({ name }) => name).toSorted()).toEqual([...names, 'one', 'two']);
    expect(await readdir(dirname(file))).toEqual(['config.yaml']);
  });

  test('that is a link stays one, and what it leads to is changed', async () => {
    const folder = dirname(file);
    await mkdir(join(folder, 'dotfiles'));
    await rename(file, join(folder, 'dotfiles', 'lab.yaml'));
    await symlink('dotfiles/lab.yaml', file);
    expect((await lab('config use-context two')).code).toBe(0);
    expect(await readlink(file)).toBe('dotfiles/lab.yaml');
    expect(await readFile(join(folder, 'dotfiles', 'lab.yaml'), 'utf8')).toContain('currentContext: two');
    await rm(file);
    await symlink('later/lab.yaml', file);
    expect((await lab('config set-context three --url http://127.0.0.1:3')).code).toBe(0);
    expect(await readFile(join(folder, 'later', 'lab.yaml'), 'utf8')).toContain('http://127.0.0.1:3/graphql');
    await rm(file);
    await symlink('config.yaml', file);
    expect(await lab('config set-context four --url http://127.0.0.1:4')).toMatchObject({
      code: 1,
      err: expect.stringContaining('leads back to itself'),
    });
  });

  test('is shown whole, and its secrets only when they are asked for', async () => {
    const { out } = await lab('config view');
    expect(out).toBe(
      'currentContext: one\ncontexts:\n  - name: one\n    url: http://127.0.0.1:1/graphql\n    token: REDACTED\n  - name: two\n    url: http://127.0.0.1:2/graphql\n',
    );
    expect((await lab('config view --raw')).out).toContain('token: lab_pat_secret');
    expect(JSON.parse((await lab('config view --minify --context two -o json')).out)).toEqual({
      contexts: [{ name: 'two', url: 'http://127.0.0.1:2/graphql' }],
      currentContext: 'two',
    });
    await writeFile(file, 'contexts:\n  - name: old\n    url: http://ann:hunter2@127.0.0.1:1/graphql\n');
    for (const words of ['config view', 'config list', 'get servers --context old'])
      expect(JSON.stringify(await lab(words)), words).not.toContain('hunter2');
    expect((await lab('config view --raw')).out).toContain('hunter2');
  });

  test('holds a cloud and an environment for each context, where one is said', async () => {
    expect((await lab('config set-context --current --environment prod')).out).toBe('context/one changed\n');
    expect((await lab('config set-context two --cloud edge -n dev')).out).toBe('context/two changed\n');
    expect((await lab('config list')).out.replaceAll(/ +/g, ' ')).toBe(
      ' NAME URL CLOUD ENVIRONMENT\n* one http://127.0.0.1:1/graphql prod\n two http://127.0.0.1:2/graphql edge dev\n',
    );
    expect((await lab('config get environment')).out).toBe('prod\n');
    expect((await lab('config get token')).out).toBe('lab_pat_secret\n');
    expect(await runLab(['config', 'set', 'environment', ''], { LAB_CONFIG: file })).toMatchObject({ code: 0 });
    expect(await lab('config get environment')).toMatchObject({ code: 3, out: '' });
    expect(await lab('config set-context --current --environment Prod!')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/"Prod!" \(--environment\) is no name of a cloud or an environment/),
    });
    for (const words of ['config set-context', 'config set-context one --current', 'config set-context three -n x'])
      expect((await lab(words)).code, words).toBe(2);
  });

  test('lists contexts, gets and sets what they say, and shows no token in the list', async () => {
    const { out } = await lab('config list');
    expect(out).toBe('    NAME   URL\n*   one    http://127.0.0.1:1/graphql\n    two    http://127.0.0.1:2/graphql\n');
    expect((await lab('config get token')).out).toBe('lab_pat_secret\n');
    expect((await lab('config set url http://127.0.0.1:3/graphql --context two')).out).toBe('context/two changed\n');
    expect((await lab('config get url --context two')).out).toBe('http://127.0.0.1:3/graphql\n');
    expect(await lab('config use-context three')).toMatchObject({ code: 3, err: expect.stringContaining('one, two') });
    expect((await lab('config set url banana')).code).toBe(2);
  });

  test('is asked after flags and the environment: --labd, --context, LAB_CONTEXT, LAB_URL, the current context', async () => {
    const both = { LAB_CONTEXT: 'two', LAB_URL: 'http://127.0.0.1:4/graphql' };
    expect(await asked('get servers --labd http://127.0.0.1:5/graphql --context two', both)).toContain(':5/');
    expect(await asked('get servers --context one', both)).toContain(':1/');
    expect(await asked('get servers', both)).toContain(':2/');
    expect(await asked('get servers', { LAB_URL: both.LAB_URL })).toContain(':4/');
    expect(await asked('get servers')).toContain(':1/');
    expect(await asked('--context two get servers')).toContain(':2/');
    expect(await asked('--labd=http://127.0.0.1:5 --show-query get servers')).toContain(':5/');
    expect(await lab('get servers --context nine')).toMatchObject({ code: 2, err: expect.stringContaining('"nine"') });
  });

  test('written by hand in any YAML is read, and a broken one is named', async () => {
    await writeFile(file, '{currentContext: "x y", contexts: [{name: x y, url: "http://127.0.0.1:6/graphql"}]}');
    expect(await asked('get servers')).toContain(':6/');
    await writeFile(file, 'contexts: [');
    expect(await lab('get servers')).toMatchObject({ code: 1, err: expect.stringContaining(file) });
  });

  test.each([
    ['http://127.0.0.1:7', 'http://127.0.0.1:7/graphql'],
    ['http://127.0.0.1:7/', 'http://127.0.0.1:7/graphql'],
    ['http://127.0.0.1:7/graphql/', 'http://127.0.0.1:7/graphql'],
    ['http://127.0.0.1:7/lab/graphql', 'http://127.0.0.1:7/lab/graphql'],
  ])('takes the address %s for %s', async (typed, url) => {
    expect(await asked('get servers', { LAB_URL: typed })).toBe(url);
    await lab(`config set url ${typed}`);
    expect((await lab('config get url')).out).toBe(`${url}\n`);
  });

  test('takes no password in an address, and shows none', async () => {
    for (const words of ['get servers --labd', 'config set url', 'config set-context new --url']) {
      const { code, out, err } = await lab(`${words} http://ann:hunter2@127.0.0.1:7/graphql`);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(/"http:\/\/127\.0\.0\.1:7\/graphql" .* has a name or a password before its host/);
      expect(err).not.toContain('hunter2');
    }
  });
});
