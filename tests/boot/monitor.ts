// QEMU's monitor, by which a machine is told what happens to it from outside.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** QEMU's arguments for a monitor at a path. */
export const monitorAt = (path: string): readonly string[] => ['-monitor', `unix:${path},server=on,wait=off`];

/** Gives a command to the monitor at a path, as a person would type it; returns once it is done. */
async function tell(path: string, command: string): Promise<void> {
  const socket = connect(path);
  let said = '';
  socket.setEncoding('utf8').on('data', (text: string) => (said += text));
  const prompted = async (times: number) => {
    while (said.split('(qemu) ').length <= times) {
      if (socket.destroyed) throw new Error(`QEMU ended: ${said}`);
      await sleep(20);
    }
  };
  await once(socket, 'connect');
  await prompted(1);
  socket.write(`${command}\n`);
  await prompted(2);
  socket.destroy();
}

/** The same once QEMU has begun: its monitor is there some moments later. */
export async function tellSoon(path: string, command: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await tell(path, command);
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(50);
    }
  }
}
