// Looks into a Node process that was started with --inspect: how much memory it cannot let go of.
import { WebSocket } from 'ws';

export interface Inspector {
  /** Bytes in use after everything that can be let go of has been */
  memory(): Promise<number>;
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
  return {
    async memory() {
      // Buffers are let go of one collection after their objects.
      await ask('HeapProfiler.collectGarbage');
      await ask('HeapProfiler.collectGarbage');
      const expression = 'process.memoryUsage().heapUsed + process.memoryUsage().external';
      return (await ask('Runtime.evaluate', { expression })).result.value as number;
    },
    close: () => socket.terminate(),
  };
}
