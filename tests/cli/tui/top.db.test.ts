// The fleet at a glance: in plain lines off a terminal, drawn and with keys on one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { bar, progress } from '../../../cli/tui/fleet.ts';
import { makeFleet } from '../fleet.ts';
import { environment, program, shareSite } from '../support.ts';

const site = shareSite(makeFleet);

// Ends a frame: until then a terminal shows the one before.
const drawn = '\u001b[?2026l';

/** lab top on a terminal of 100 columns and 40 rows; what is on its screen is what was last drawn whole. */
function onTerminal() {
  const line = `stty cols 100 rows 40; exec ${process.execPath} ${program} top --every 1`;
  const env = environment({ ...site.env, NO_COLOR: '1' });
  const child = spawn('script', ['-qec', line, '/dev/null'], { env, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const screen = () => {
    const whole = out.slice(0, Math.max(0, out.lastIndexOf(drawn)));
    return whole.slice(whole.lastIndexOf('lab top ')).replaceAll('\r', '');
  };
  return { child, screen, all: () => out };
}

const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

test('off a terminal it prints once, section by section', async () => {
  const { out, err, code } = await site.lab('top', '--rows', '3');
  expect({ err, code }).toEqual({ err: '', code: 0 });
  expect(out).toMatch(
    /^SERVERS BY STATUS\nDISCOVERED +PROVISIONING +INSTALLED +FAILED +RETIRED\n3 +0 +1 +0 +0\n\nBASTIONS\nnorth +online\n\nINSTALLS\nnone\n\nLAST CHANGED\n/,
  );
  const [, changed, events] = /LAST CHANGED\n([^]*?)\n\nEVENTS\n([^]*)$/.exec(out)!;
  expect(changed!.split('\n')).toHaveLength(3);
  expect(events!.trim().split('\n').length).toBeGreaterThan(5);
  // Of disks and NICs there would be too many to see anything else.
  expect(events).not.toContain('ServerNic');
  // What a machine calls itself does not reach the terminal as it is.
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('on a terminal keys choose a server, look into it, come back and quit', async () => {
  const { child, screen } = onTerminal();
  await soon(() => expect(screen()).toMatch(/discovered 3 +provisioning 0 +installed 1/));
  const chosen = () => /^> (\S+)/m.exec(screen())?.[1];
  const first = chosen();
  expect(first).toBeTruthy();
  child.stdin.write('\u001b[B');
  await soon(() => expect(chosen()).not.toBe(first));
  const second = chosen();
  child.stdin.write('\r');
  await soon(() => expect(screen()).toContain(`server/${second}`));
  expect(screen()).toContain('esc: back');
  child.stdin.write('\u001b');
  await soon(() => expect(chosen()).toBe(second));
  child.stdin.write('q');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('on a terminal it goes on while labd is away, and says so', async () => {
  const { child, screen } = onTerminal();
  await soon(() => expect(screen()).toContain('labmaster'));
  await site.labd.kill();
  await soon(() => expect(screen()).toContain('labd is away: '));
  expect(screen()).toContain('labmaster');
  await site.labd.start();
  await soon(() => expect(screen()).toContain('up/down: choose'));
  child.stdin.write('\u0003');
  await once(child, 'exit');
});

describe('progress', () => {
  test('is a bar that is never wider than it should be', () => {
    expect(bar(0, 4)).toBe('[----]   0 %');
    expect(bar(0.5, 4)).toBe('[##--]  50 %');
    expect(bar(1, 4)).toBe('[####] 100 %');
  });

  test('says what is left only where installs before it tell', () => {
    const one = { server: 'a', phase: 'packages', done: 0.5, since: 60, stage: undefined };
    expect(progress({ ...one, left: undefined, slow: false })).toBe('[##########----------]  50 %  packages   60s');
    expect(progress({ ...one, left: 180, slow: true })).toBe(
      '[##########----------]  50 %  packages   60s, about 3m left, slow',
    );
    const stage = { name: 'packages', left: 40 };
    expect(progress({ ...one, left: 180, slow: false, stage })).toBe(
      '[##########----------]  50 %  packages   60s, about 3m left (40s of packages)',
    );
  });
});
