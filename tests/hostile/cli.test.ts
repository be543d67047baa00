// The command line: servers that answer garbage, configurations that are none, and secrets that must not be shown.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { runLab } from '../cli/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'lab-hostile-cli-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const SECRET = `lab_pat_${'S'.repeat(38)}`;

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
  (body: unknown, status = 200): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('a server that answers', () => {
  const answers: [name: string, listener: RequestListener, code: number][] = [
    ['HTML', (_request, response) => void response.end('<html>'), 5],
    ['nothing', (_request, response) => void response.end(), 5],
    ['a redirect', (_request, response) => void response.writeHead(302, { location: 'http://evil.example' }).end(), 5],
    [
      'half an answer',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"data"');
        response.destroy();
      },
      5,
    ],
    ['null', json(null), 5],
    ['a list', json([]), 5],
    [
      'an error with escapes',
      json({ errors: [{ message: '\u001b]0;pwned\u0007\u001b[2J', extensions: { code: 'FORBIDDEN' } }] }),
      4,
    ],
    ['an error without words', json({ errors: [{}] }), 1],
  ];
  test.each(answers)('%s is told in words, without a stack and without the token', async (_name, listener, code) => {
    const url = await answering(listener);
    const ended = await runLab(['get', 'servers'], { LAB_URL: url, LAB_TOKEN: SECRET });
    expect(ended.code).toBe(code);
    expect(ended.out).toBe('');
    expect(ended.err).toMatch(/^Error: /);
    expect(ended.err).not.toMatch(/\u001b|\n\s+at |SSSS/);
  });
});

describe('a configuration', () => {
  const configs: [name: string, text: string][] = [
    ['that is no YAML', '{{{'],
    ['that is a text', 'hello'],
    ['whose contexts are a text', 'contexts: hello'],
    ['whose contexts have no address', 'contexts:\n  - name: a\n    url: 7\n'],
    ['that refers to itself', 'contexts: &a\n  - *a\n'],
    ['that names an address of a file', 'currentContext: a\ncontexts:\n  - name: a\n    url: file:///etc/passwd\n'],
  ];
  test.each(configs)('%s is told by its file, and nothing is sent anywhere', async (name, text) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.yaml`);
    writeFileSync(file, text);
    const ended = await runLab(['get', 'servers'], { LAB_CONFIG: file });
    expect([1, 2]).toContain(ended.code);
    expect(ended.err).toMatch(/^Error: /);
    expect(ended.err).not.toMatch(/\n\s+at /);
  });

  test('that is a folder is told', async () => {
    const file = join(folder, 'folder');
    mkdirSync(file);
    const ended = await runLab(['get', 'servers'], { LAB_CONFIG: file });
    expect([ended.code, ended.err.startsWith('Error: The configuration')]).toEqual([1, true]);
  });

  test("of one labd gives another labd nothing: a context's token goes to its own address", async () => {
    const seen: (string | undefined)[] = [];
    const url = await answering((request, response) => {
      seen.push(request.headers.authorization);
      json({ data: { page: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } } })(request, response);
    });
    const file = join(folder, 'tokens.yaml');
    writeFileSync(
      file,
      `currentContext: a\ncontexts:\n  - name: a\n    url: http://127.0.0.1:1/graphql\n    token: ${SECRET}\n`,
    );
    await runLab(['get', 'servers', '--labd', url], { LAB_CONFIG: file });
    await runLab(['get', 'servers'], { LAB_CONFIG: file, LAB_URL: url });
    expect(seen).toEqual([undefined, undefined]);
  });
});

test.each([
  ['server', '\u001b[31m'],
  ['server', '../../etc'],
  ['__proto__', 'x'],
  ['servers', '-o', 'constructor'],
  ['servers', '--sort-by', '__proto__.x'],
])('get %s %s is a mistake like any other', async (...words) => {
  const url = await answering(
    json({ data: { one: null, page: { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } } } }),
  );
  const ended = await runLab(['get', ...words], { LAB_URL: url });
  expect(ended.err).not.toMatch(/\u001b|\n\s+at /);
  expect([0, 2, 3]).toContain(ended.code);
});
