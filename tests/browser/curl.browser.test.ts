// curl against labd: what people type first.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { ask, labd } from '../whole/processes.ts';

const create = 'mutation ($name: String!) { createBastion(input: { name: $name }) { __typename } }';

test('curl posts a query, and -N shows a watch as server-sent events', async () => {
  const { url, authorization } = await labd();
  const json = ['-H', 'content-type: application/json', '-H', `authorization: ${authorization}`];
  const { stdout } = await promisify(execFile)('curl', [
    '-sS',
    url,
    ...json,
    '-d',
    '{"query":"{ servers { nodes { id } } }"}',
  ]);
  expect(JSON.parse(stdout)).toEqual({ data: { servers: { nodes: [] } } });
  const query = 'subscription { watchBastions { __typename ... on BastionAdded { bastion { name } } } }';
  const child = spawn('curl', [
    '-sSN',
    url,
    ...json,
    '-H',
    'accept: text/event-stream',
    '-d',
    JSON.stringify({ query }),
  ]);
  onTestFinished(() => void child.kill());
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await expect.poll(() => text, { timeout: 10_000 }).toContain('"Bookmark"');
  await ask(url, create, { name: 'south' });
  await expect
    .poll(() => text, { timeout: 10_000 })
    .toContain('data: {"data":{"watchBastions":{"__typename":"BastionAdded","bastion":{"name":"south"}}}}');
});
