// Looks into a Node process that was started with --inspect: how much memory it cannot let go of, and how long it holds
// its event loop.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { CALIBRATE, type Held, TAKE, WATCH } from './loop.ts';

export interface Inspector {
  /** Bytes in use after everything that can be let go of has been */
  memory(): Promise<number>;
  /** How long the loop was held at a time since this was last asked; from the first time on it is watched */
  held(): Promise<Held>;
  /** How long a loop that is always the same holds it: the middle of five, as `held` tells it */
  calibrate(): Promise<Held>;
  close(): void;
}

/** Connects to the address that the process printed: `Debugger listening on ws://…`. */
export async function inspect(output: string): Promise<Inspector> {
  const socket = new WebSocket(/Debugger listening on (ws:\S+)/.exec(output)![1]!);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let asked = 0;
  const ask = (method: string, params: object = {}) =>
    new Promise<{ result: { value?: unknown } }>((resolve) => {
      const id = ++asked;
      const onMessage = (data: Buffer) => {
        const answer = JSON.parse(data.toString()) as { id?: number; result: { result: { value?: unknown } } };
        if (answer.id !== id) return;
        socket.off('message', onMessage);
        resolve(answer.result);
      };
      socket.on('message', onMessage);
      socket.send(JSON.stringify({ id, method, params }));
    });
  const evaluate = async (expression: string) => (await ask('Runtime.evaluate', { expression })).result.value;
  const held = async () => {
    await evaluate(WATCH);
    return JSON.parse((await evaluate(TAKE)) as string) as Held;
  };
  return {
    held,
    async calibrate() {
      const times: Held[] = [];
      while (times.length < 5) {
        await held();
        await evaluate(CALIBRATE);
        await sleep(50);
        times.push(await held());
      }
      const middle = (of: (one: Held) => number) => times.map(of).sort((a, b) => a - b)[2]!;
      return { wall: middle(({ wall }) => wall), own: middle(({ own }) => own) };
    },
    async memory() {
      // Buffers are let go of one collection after their objects.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
      const expression = 'process.memoryUsage().heapUsed + process.memoryUsage().external';
      return (await evaluate(expression)) as number;
    },
    close: () => socket.terminate(),
  };
}
