// lab bastion: the built lab starts, shows and ends the built lab-bastion, with no labd anywhere.
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { HELP } from '../../../bastion/options.ts';
import { handedOn, handedOnAlone, handedOnEach } from '../../../cli/commands/bastion.ts';
import { NOWHERE, temporary } from '../../bastion/support.ts';
import { freePort } from '../../whole/processes.ts';
import { type Ended, environment, program, runLab, runProgram, startLab } from '../support.ts';

let dir: string;
let remove: () => Promise<void>;
let port: number;
beforeEach(async () => {
  ({ dir, remove } = await temporary());
  port = await freePort();
});
afterEach(async () => {
  await lab('stop');
  await remove();
});

const lab = (verb: string, ...flags: string[]): Promise<Ended> =>
  startLab(['bastion', verb, ...flags], { BASTION_DIR: dir, LAB_URL: NOWHERE });
const begin = (...flags: string[]) =>
  lab('start', '--name', 'site-1', '--host', '127.0.0.1', '--port', String(port), ...flags);

describe('lab bastion', () => {
  test('starts one apart from the terminal, shows it, and ends it', async () => {
    const started = await begin();
    expect(started).toMatchObject({ code: 0, err: '' });
    expect(started.out).toMatch(
      new RegExp(`^bastion/site-1 started \\(process \\d+\\) at http://127\\.0\\.0\\.1:${port}\n$`),
    );
    const { out, code } = await lab('status');
    expect({ out, code }).toEqual({ out: expect.stringMatching(/^Bastion: +site-1 \(lab-bastion/), code: 0 });
    expect(out).toMatch(/^Uplink to labd: +closed$/m);
    expect(out).toMatch(/^Machines boot: +nothing: /m);
    expect(out).toMatch(/^Ramdisk: +not built$/m);
    expect(out).toMatch(/^DHCP: +none$/m);
    expect(JSON.parse((await lab('status', '-o', 'json')).out)).toMatchObject({
      name: 'site-1',
      machines: 0,
      directory: dir,
    });
    expect(await readFile(join(dir, 'bastion.log'), 'utf8')).toContain('accepts reports');
    expect(await lab('stop')).toEqual({ code: 0, out: 'bastion/site-1 stopped\n', err: '' });
    expect(await lab('status')).toMatchObject({ code: 3, err: expect.stringContaining(`No bastion runs in ${dir}`) });
    expect(await lab('stop')).toMatchObject({ code: 3 });
  });

  test('shows one that an older version started, and says what that does not tell', async () => {
    const place = await temporary();
    const health = { name: 'site-1', pid: 1, url: 'http://b', version: 'lab-bastion 0.1', uplink: 'open', machines: 2 };
    const older = createServer((_, answer) =>
      answer.end(`${JSON.stringify({ ...health, waiting: 0, spoolBytes: 0 })}\n`),
    );
    onTestFinished(async () => {
      older.close();
      await place.remove();
    });
    await once(older.listen(join(place.dir, 'api.sock')), 'listening');
    const { code, out } = await runLab(['bastion', 'status'], { BASTION_DIR: place.dir });
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^Machines known: +2$/m) });
    expect(out.match(/^(Machines boot|Ramdisk): +not told: .+ lab bastion stop, lab bastion start$/gm)).toHaveLength(2);
  });

  test('starts no second one in a directory', async () => {
    await begin();
    const again = await lab('start', '--port', String(await freePort()));
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.err).toMatch(/The bastion "site-1" runs in .+ already \(process \d+\)\.\n.+bastion stop --dir/);
  });

  test('says why one does not begin', async () => {
    const other = join(dir, 'other');
    await mkdir(other);
    await begin();
    const refused = await begin('--dir', other);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(`Port ${port} on 127.0.0.1 is in use`);
    expect((await lab('start', '--dir', other, '--name', 'No Name')).err).toContain('--name is "No Name"');
  });

  test('in the foreground stays until it is told to end', async () => {
    const words = ['bastion', 'start', '--foreground', '--host', '127.0.0.1', '--port', String(port)];
    const foreground = runProgram(process.execPath, [program, ...words], {
      env: environment({ BASTION_DIR: dir, LAB_URL: NOWHERE }),
    });
    while ((await lab('status')).code !== 0);
    expect((await lab('stop')).code).toBe(0);
    const { code, err } = await foreground;
    expect({ code, said: err.includes('"reason":"SIGTERM"') }).toEqual({ code: 0, said: true });
  });

  test('hands on every flag that lab-bastion has', () => {
    const theirs = [...HELP.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);
    const ours = ['dir', ...Object.keys(handedOn), ...Object.keys(handedOnEach), ...Object.keys(handedOnAlone), 'help'];
    expect(ours.toSorted()).toEqual(theirs.toSorted());
  });
});
