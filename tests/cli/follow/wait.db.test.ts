// lab wait where there is nothing to wait for, or not any more, against a real labd.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { environment, program, runLab, shareSite } from '../support.ts';

const site = shareSite(async ({ lab }) => {
  await lab(...'create network lab --cidr 10.0.0.0/24'.split(' '));
  await lab(...'create server web --mac 02:00:00:00:00:01'.split(' '));
});

test.each([
  ['network/lab', 'status=installed', 'networks have no status'],
  ['server/web', 'status=instaled', '"instaled" is no status of servers'],
  ['server/web', 'condition=Stael=false', 'There is no condition "Stael"'],
])('of %s for %s is refused, not waited for in vain', async (object, goal, why) => {
  const { code, out, err } = await site.lab('wait', object, `--for=${goal}`, '--timeout', '20s');
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(why);
});

test('for longer than a timer can count takes no more than one watch', async () => {
  const words = ['wait', 'network/lab', '--for=jsonpath={.spec.vlan}=7', '--timeout', '99d', '--show-query'];
  const child = spawn(process.execPath, [program, ...words], { env: environment(site.env) });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close');
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (some: string) => (err += some));
  await expect.poll(() => err, { timeout: 20_000 }).toContain('subscription');
  await site.ask('mutation { updateNetwork(by: { name: "lab" }, input: { vlan: 7 }) { __typename } }');
  expect(await ended).toEqual([0, null]);
  expect(err).not.toContain('Warning');
  expect(err.match(/^subscription/gm)).toHaveLength(1);
});

/** An address that leads to labd; before a socket is opened there, something happens. */
async function before(work: () => Promise<unknown>): Promise<string> {
  const { hostname, port } = new URL(site.labd.url);
  let happened = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    far.pipe(near);
    near.on('end', () => far.end());
    near.on('data', (data: Buffer) => {
      if (happened || !/upgrade: websocket/i.test(data.toString('latin1'))) return void far.write(data);
      happened = true;
      near.pause();
      void work().finally(() => {
        far.write(data);
        near.resume();
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

test('sees that the object went between the first look and the watch', async () => {
  await site.lab(...'create network brief --cidr 10.9.0.0/24'.split(' '));
  const remove = () => site.ask('mutation { deleteNetwork(by: { name: "brief" }) { __typename } }');
  const env = { ...site.env, LAB_URL: await before(remove) };
  const ended = await runLab(['wait', 'network/brief', '--for=delete', '--timeout', '10s'], env);
  expect(ended).toEqual({ code: 0, out: 'network/brief is deleted\n', err: '' });
});
