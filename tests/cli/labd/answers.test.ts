// What lab makes of whatever answers where labd should be: its words and its exit codes.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CliError, exits } from '../../../cli/terminal/errors.ts';
import { failed, send } from '../../../cli/labd/http.ts';
import { runLab, testTerminal } from '../support.ts';

/** Something that answers on loopback. */
async function answering(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

const json =
  (status: number, body: object): RequestListener =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const unavailable = {
  errors: [{ message: 'labd is starting: try again shortly', extensions: { code: 'UNAVAILABLE' } }],
};
const none = { data: { page: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } } };

const getFrom = async (listener: RequestListener) => runLab(['get', 'servers'], { LAB_URL: await answering(listener) });

describe('lab', () => {
  test('says that a page of HTML is not labd', async () => {
    const ended = await getFrom((_, response) => void response.end('<html>Welcome</html>'));
    expect(ended).toMatchObject({ code: 5, out: '' });
    expect(ended.err).toContain('what answers there is not labd (HTTP 200)');
  });

  test('waits for a labd that is starting', async () => {
    let asked = 0;
    const ended = await getFrom((request, response) =>
      (asked++ < 3 ? json(503, unavailable) : json(200, none))(request, response),
    );
    expect(ended).toEqual({ code: 0, out: '', err: 'No servers found.\n' });
    expect(asked).toBe(4);
  });

  test.each([401, 403])('exits 4 when labd answers %i, with the reason that it gives', async (status) => {
    const url = await answering(json(status, { errors: [{ message: 'The token has expired', extensions: {} }] }));
    const ended = await runLab(['get', 'servers'], { LAB_URL: url, LAB_TOKEN: 'lab_pat_x' });
    expect(ended).toMatchObject({ code: 4, out: '' });
    expect(ended.err).toContain('The token has expired');
  });

  test.each([
    [503, 5, 'it is starting or stopping (HTTP 503)'],
    [200, 5, 'what answers there is not labd (HTTP 200)'],
    [403, 4, 'refuses you (HTTP 403)'],
  ])('that watches says what a handshake answered with %i means', async (status, code, words) => {
    const url = await answering(json(status, {}));
    const ended = await runLab(['get', 'servers', '-w'], { LAB_URL: url });
    expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(words) });
  });

  test('exits 4 when the graph says that it is forbidden, 1 when it failed', async () => {
    const because = (code: string) =>
      json(200, { errors: [{ message: 'No.', extensions: { code, requestId: 'r7' } }] });
    expect(await getFrom(because('FORBIDDEN'))).toMatchObject({ code: 4, err: expect.stringContaining('Error: No.') });
    const broken = await getFrom(because('INTERNAL_SERVER_ERROR'));
    expect(broken).toMatchObject({ code: 1, err: "Error: No.\nlabd's log has more under request r7.\n" });
  });

  test('exits 5 when nobody listens, when the address has no host, and when labd dies in the middle of an answer', async () => {
    const nobody = await runLab(['get', 'servers'], { LAB_URL: 'http://127.0.0.1:9/graphql' });
    expect(nobody).toMatchObject({ code: 5, out: '' });
    expect(nobody.err).toContain(
      'http://127.0.0.1:9/graphql (from LAB_URL) does not answer: the connection was refused',
    );
    const dying = await getFrom((_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"data":');
      setTimeout(() => response.destroy(), 20);
    });
    expect(dying).toMatchObject({ code: 5, out: '' });
  });

  test('exits 5 when labd goes away between two pages, and prints nothing of the first', async () => {
    let asked = 0;
    const ended = await getFrom((request, response) => {
      if (asked++ > 0) return void request.socket.destroy();
      const more = { nodes: [{ id: 'Server:1', name: 'a' }], pageInfo: { hasNextPage: true, endCursor: 'x' } };
      json(200, { data: { page: more } })(request, response);
    });
    expect(ended).toMatchObject({ code: 5, out: '', err: expect.stringContaining('the connection was cut') });
  });

  test('neutralises what a server says about itself, in tables as in names', async () => {
    const nodes = [
      { id: 'Server:1', name: 'a\u001b[2Jb', status: 'DISCOVERED', ip: '\u009b1A', createdAt: '2026-01-01T00:00:00Z' },
    ];
    const url = await answering(json(200, { data: { page: { ...none.data.page, nodes } } }));
    for (const format of ['table', 'name']) {
      const { out } = await runLab(['get', 'servers', '-o', format], { LAB_URL: url });
      expect(out).toContain('a\\x1b[2Jb');

      expect(out).not.toMatch(/[\u001b\u009b]/);
    }
  });

  test('sends the token, and never prints it', async () => {
    const seen: (string | undefined)[] = [];
    const url = await answering((request, response) => {
      seen.push(request.headers.authorization);
      json(401, {})(request, response);
    });
    const { err } = await runLab(['get', 'servers'], { LAB_URL: url, LAB_TOKEN: 'lab_pat_secret' });
    expect(seen).toEqual(['Bearer lab_pat_secret']);
    expect(err).not.toContain('secret');
  });
});

test.each([
  ['an error', { errors: [{ message: 'a\u001b[31mb\rc\u202e' }] }, 'Error: a\\x1b[31mb\\x0dc\\x202e\n'],
  [
    'a problem',
    { data: { result: { __typename: 'Conflict', message: 'a\u001b]0;t\u0007', remedy: 'b\u009b1m\nError: c' } } },
    'Error: a\\x1b]0;t\\x07\nb\\x9b1m\\x0aError: c\n',
  ],
])('escape sequences in %s that labd answers stay text', async (_what, answer, err) => {
  const url = await answering(json(200, answer));
  const ended = await runLab(['create', 'bastion', 'x'], { LAB_URL: url });
  expect(ended).toEqual({ code: 1, out: '', err });
});

test('escape sequences in what was typed stay text', async () => {
  const { err } = await runLab(['get', '\u001b[31mred']);
  expect(err).toContain('\\x1b[31mred');
  expect(err).not.toContain('\u001b');
});

describe('a request', () => {
  const asked = { query: '{ x }', variables: {} };
  const target = (url: string) => ({ url, token: undefined, from: 'a test', terminal: testTerminal() });

  test('that is taken and never answered is exit 6', async () => {
    const url = await answering(() => undefined);
    const error = await send(target(url), asked, { silence: 200, starting: 0 }).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({
      exit: exits.timedOut,
      message: expect.stringContaining('has said nothing for 0.2 s'),
    });
  });

  test('to a labd that does not become ready is exit 5, and says that it is starting', async () => {
    const error = await send(target(await answering(json(503, unavailable))), asked, {
      silence: 1_000,
      starting: 0,
    }).catch((one: unknown) => one);
    expect(error).toMatchObject({
      exit: exits.unreachable,
      message: expect.stringContaining('it is starting or stopping'),
    });
  });

  test('with several errors tells all of them', () => {
    expect(failed([{ message: 'One.' }, { message: 'Two.' }])).toMatchObject({
      message: 'One.\nTwo.',
      exit: exits.failed,
    });
  });
});
