// Which files are here is told once a session and when that changes, and no more than that.
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { ConnectionEnded, OperationFailed, type Connection } from '../../../bastion/uplink/connection.ts';
import type { UplinkContext } from '../../../bastion/uplink/context.ts';
import { tellFiles } from '../../../bastion/uplink/tellFiles.ts';
import { defaultTimings } from '../../../bastion/uplink/timings.ts';

function telling(...answers: (object | Error)[]) {
  const asked: unknown[] = [];
  const listeners = new Set<() => void>();
  const here = { keys: ['a'] as string[] | null };
  let close = (_reason: ConnectionEnded) => {};
  const ended = new Promise<ConnectionEnded>((resolve) => (close = resolve));
  const on = {
    ended,
    request: async (_document: unknown, { input }: { input: { files: unknown } }) => {
      asked.push(input.files);
      const answer = answers.shift() ?? { __typename: 'BastionFilesTold' };
      if (answer instanceof Error) throw answer;
      return { tellBastionFiles: answer };
    },
  } as unknown as Connection;
  const context = {
    introduction: { name: 'site' },
    timings: defaultTimings,
    sleep: () => new Promise(() => {}),
    log: pino({ level: 'silent' }),
    files: {
      keys: async () => here.keys,
      onChanged(listener: () => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  } as unknown as UplinkContext;
  const ends = tellFiles(context, on, 'Bastion:1', 3);
  ends.catch(() => {});
  const change = (keys: string[] | null) => {
    here.keys = keys;
    for (const listener of listeners) listener();
  };
  return { asked, ends, change, close, listeners };
}

test('until the connection ends', async () => {
  const { asked, ends, change, close, listeners } = telling();
  await vi.waitFor(() => expect(asked).toEqual([['a']]));
  change(['a']);
  change(['a', 'b']);
  await vi.waitFor(() => expect(asked).toEqual([['a'], ['a', 'b']]));
  change(null);
  await vi.waitFor(() => expect(asked).toEqual([['a'], ['a', 'b'], null]));
  const end = new ConnectionEnded('labd is gone');
  close(end);
  await expect(ends).rejects.toBe(end);
  expect(listeners.size).toBe(0);
});

test('an older labd, which knows no such thing, is not troubled with it again', async () => {
  const { asked, change } = telling(
    new OperationFailed([{ message: 'No such field', extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]),
  );
  await vi.waitFor(() => expect(asked).toEqual([['a']]));
  change(['a']);
  change(['b']);
  await vi.waitFor(() => expect(asked).toEqual([['a'], ['b']]));
});

test('a newer session ends it', async () => {
  const { ends } = telling({ __typename: 'UplinkFenced', message: 'There is another.' });
  await expect(ends).rejects.toThrow('There is another.');
});
