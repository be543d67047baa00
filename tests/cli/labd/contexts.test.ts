// Where tokens are kept and where they go: to the labd of their own context, and to no other.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { openDoor } from '../signin.ts';
import { runLab } from '../support.ts';

let file: string;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-contexts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  file = join(folder, 'config.yaml');
});

const lab = (words: string, env: Record<string, string> = {}, input = '') =>
  runLab(words.split(' '), { LAB_CONFIG: file, ...env }, input);

describe("a context's token", () => {
  test("goes to the context's own address, however that is named, and to no other", async () => {
    const [ours, other] = [await openDoor(), await openDoor()];
    await lab(`config set-context ours --url ${ours.url} --token lab_pat_ours`);
    await lab(`get servers`);
    await lab(`get servers --labd ${ours.url}`);
    await lab('get servers', { LAB_URL: ours.url });
    expect(ours.shown).toEqual(Array(3).fill('Bearer lab_pat_ours'));
    await lab(`get servers --labd ${other.url}`);
    await lab(`get servers --labd ${other.url} --context ours`);
    await lab('get servers', { LAB_URL: other.url });
    expect(other.shown).toEqual(Array(3).fill(undefined));
  });

  test('is that of the context that is named, where two have one address', async () => {
    const door = await openDoor();
    await lab(`config set-context ann --url ${door.url} --token lab_pat_ann`);
    await lab(`config set-context bob --url ${door.url} --token lab_pat_bob`);
    await lab(`get servers --labd ${door.url} --context bob`);
    expect(door.shown).toEqual(['Bearer lab_pat_bob']);
  });
});

describe('login', () => {
  test('keeps two labds of one host apart, and the current context as it was', async () => {
    const [one, two] = [await openDoor(), await openDoor()];
    const first = await lab(`login --labd ${one.url} --token-stdin`, {}, 'lab_pat_one');
    expect(first.err).toBe('context/127.0.0.1 is current.\n');
    const second = await lab(`login --labd ${two.url} --token-stdin`, {}, 'lab_pat_two');
    const name = `127.0.0.1-${new URL(two.url).port}`;
    expect(second.err).toMatch(new RegExp(`^Kept in context/${name}; .* config use-context ${name}\n$`));
    await lab('get servers');
    await lab(`get servers --context ${name}`);
    expect(one.shown).toEqual(Array(2).fill('Bearer lab_pat_one'));
    expect(two.shown).toEqual(Array(2).fill('Bearer lab_pat_two'));
  });

  test('keeps nothing of the old address when a context gets another', async () => {
    const door = await openDoor();
    writeFileSync(
      file,
      'contexts:\n  - name: rack\n    url: https://127.0.0.1:9/graphql\n    token: lab_pat_old\n    authority: /old.pem\n',
    );
    expect((await lab(`login --labd ${door.url} --context rack --token-stdin`, {}, 'lab_pat_new')).code).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(`url: ${door.url}\n`);
    expect(text).not.toMatch(/old/);
  });

  test('says that LAB_TOKEN goes before what it keeps', async () => {
    const door = await openDoor();
    const env = { LAB_TOKEN: 'lab_pat_set' };
    const { err } = await lab(`login --labd ${door.url} --user ann --password-stdin`, env, 'correct horse battery');
    expect(err).toContain('LAB_TOKEN is set');
    expect(readFileSync(file, 'utf8')).toContain('token: lab_ses_fresh\n');
  });

  test('refuses an address that cannot be', async () =>
    expect(await lab('login --labd banana --token-stdin', {}, 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"banana" (--labd) is not the address of a labd.'),
    }));
});

describe('logout', () => {
  test('forgets the session also when labd is away, and says that it was not told', async () => {
    await lab('config set-context gone --url http://127.0.0.1:9/graphql --token lab_ses_old');
    const { code, out, err } = await lab('logout');
    expect({ code, out }).toEqual({ code: 0, out: 'context/gone is signed out\n' });
    expect(err).toContain('labd could not be told');
    expect(readFileSync(file, 'utf8')).not.toContain('lab_ses_old');
  });
});

describe('a token that labd does not take', () => {
  /** A labd that lets nobody in, over HTTP and over WebSocket, once the latter has said so many words. */
  async function shut(greeting: object[] = []): Promise<{ url: string; sockets: () => number }> {
    const door = await openDoor();
    door.server.removeAllListeners('request').on('request', (_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"errors":[{"message":"It has ended."}]}');
    });
    let sockets = 0;
    const server = new WebSocketServer({ server: door.server, handleProtocols: () => 'graphql-transport-ws' });
    onTestFinished(() => server.close());
    server.on('connection', (socket) => {
      sockets += 1;
      if (greeting.length === 0) return socket.close(4401, 'It has ended.');
      socket.on('message', (data: Buffer) => {
        const { type, id } = JSON.parse(data.toString()) as { type: string; id?: string };
        if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
        if (type !== 'subscribe') return;
        for (const event of greeting) socket.send(JSON.stringify({ type: 'next', id, payload: { data: { event } } }));
        socket.close(4401, 'It has ended.');
      });
    });
    return { url: door.url, sockets: () => sockets };
  }

  test.each([
    ['LAB_TOKEN', '', { LAB_TOKEN: 'lab_pat_x' }, /The token is from LAB_TOKEN: give another, .* login\n$/],
    ['--token', ' --token lab_pat_x', {}, /The token is from --token: give another, .*\n$/],
    ['the context', ' --context shut', {}, /login --context shut \(the token is from context "shut"\)\n$/],
  ])('is told as what it is when it comes from %s', async (_, flags, env, words) => {
    const { url } = await shut();
    await lab(`config set-context shut --url ${url} --token lab_pat_kept`);
    const { code, out, err } = await lab(`get servers${flags}`, env);
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toMatch(words);
    expect(err).not.toMatch(/lab_pat/);
  });

  test('is told where to sign in when there is none', async () => {
    const { url } = await shut();
    const { code, err } = await lab(`get servers --labd ${url}`);
    expect(code).toBe(4);
    expect(err).toMatch(/^Error: You are not signed in at .*\nSign in with: .* login --labd http:.*\n$/);
  });

  test.each([
    ['at once', []],
    ['after a while', [{ __typename: 'Bookmark', revision: 'a.1' }]],
  ])('ends a watch that is refused %s, and it is not tried again', async (_, greeting) => {
    const { url, sockets } = await shut(greeting);
    const { code, err } = await lab('get servers -w', { LAB_URL: url, LAB_TOKEN: 'lab_pat_x' });
    expect(code).toBe(4);
    expect(err).toContain('does not take your token: It has ended.');
    expect(sockets()).toBe(1);
  });
});
