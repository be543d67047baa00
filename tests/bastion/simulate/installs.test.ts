// Stories of whole installs: the same for the same seed, with as much trouble as was asked for, and true to the list of stages.
import { expect, test } from 'vitest';
import { installStories } from '../../../bastion/simulate/installStories.ts';
import { stages } from '../../../common/install/stages.ts';

const calm = { installs: 400, seed: 7, fail: 0, stuck: 0, dupCallbacks: false, reorder: false };
const rough = { ...calm, fail: 0.1, stuck: 0.05, dupCallbacks: true, reorder: true };
const sequences = ({ beats }: ReturnType<typeof installStories>[number]) =>
  beats.flatMap(({ callbacks }) => callbacks.map(({ seq }) => seq));

test('stories are the same for the same seed', () => {
  expect(installStories(rough)).toEqual(installStories(rough));
  expect(installStories({ ...rough, seed: 8 })).not.toEqual(installStories(rough));
});

test('without trouble each machine tells all of its stages once, in their order, and is installed', () => {
  const order = stages.map(({ name }) => name);
  for (const story of installStories(calm)) {
    expect(story.end).toBe('installed');
    expect(story.stages.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))).toEqual(story.stages);
    expect(sequences(story)).toEqual(story.beats.map((_, at) => at + 1));
    expect(story.beats.at(-1)!.callbacks).toMatchObject([{ stage: 'done', state: 'installed', os: story.os }]);
    expect(new Set(story.lines).size).toBe(story.lines.length);
  }
});

test('the shares that were asked for fail with a reason, or fall silent', () => {
  const count = (end: string) => installStories(rough).filter((story) => story.end === end).length;
  expect(count('failed')).toBeGreaterThan(20);
  expect(count('failed')).toBeLessThan(60);
  expect(count('stuck')).toBeGreaterThan(5);
  expect(count('stuck')).toBeLessThan(40);
  for (const { end, reason, beats } of installStories(rough)) {
    const states = beats.flatMap(({ callbacks }) => callbacks.flatMap(({ state }) => state ?? []));
    expect(new Set(states)).toEqual(new Set(end === 'stuck' ? [] : [end]));
    expect(reason !== undefined).toBe(end === 'failed');
  }
  expect(installStories({ ...calm, stuck: 1 }).every(({ end }) => end === 'stuck')).toBe(true);
});

test('what counts of callbacks that come twice or late is what its story says', () => {
  const stories = installStories(rough);
  expect(stories.some((story) => new Set(sequences(story)).size < sequences(story).length)).toBe(true);
  expect(stories.some((story) => sequences(story).some((seq, at, all) => seq < (all[at - 1] ?? 0)))).toBe(true);
  for (const { beats, stages: counted, end } of stories) {
    // As the rule has it: a number that is not higher than one before changes nothing.
    let last = 0;
    const heard = beats.flatMap(({ callbacks }) =>
      callbacks.flatMap(({ seq, stage, state }) => {
        const isNew = seq > last;
        last = Math.max(last, seq);
        return isNew && state !== 'installed' ? [stage] : [];
      }),
    );
    expect(['booting', ...heard]).toEqual(counted);
    expect(end === 'installed' || counted.at(-1) !== 'reboot').toBe(true);
  }
});

test('only machines that the systems fit are installed', () => {
  for (const { report, set } of installStories(calm)) {
    expect(report).toMatchObject({ arch: 'x86_64' });
    expect(report.memory_gb).toBeGreaterThanOrEqual(4);
    expect(report.disks.find(({ name }) => name === set.disk)!.size_gb).toBeGreaterThanOrEqual(20);
  }
});
