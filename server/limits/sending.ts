// How much may wait for a WebSocket peer that reads too slowly, or not at all.
import type { WebSocket } from 'ws';
import { takeTurns } from '../transport/fairness.ts';

/**
 * Sends on `socket`, resolving when the bytes have left, so that a subscription is read no faster than its reader reads.
 * Where more than `maxWaiting` bytes wait already (many operations, answers to pings), the connection is cut. On one
 * that is closing nothing resolves before it has closed, and with it its subscriptions: they would run on at full speed.
 */
export function createSendLimit(
  socket: WebSocket,
  maxWaiting: number,
  onStalled: () => void,
): (data: string) => Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const turn = takeTurns();
  const excessive = () => {
    if (socket.bufferedAmount <= maxWaiting) return false;
    onStalled();
    socket.terminate();
    return true;
  };
  // ws answers pings by itself: a peer may fill the buffer with them without asking anything.
  socket.on('ping', excessive);
  return async (data) => {
    await turn();
    if (socket.readyState !== socket.OPEN || excessive()) return closed;
    return new Promise((resolve) => socket.send(data, (error) => resolve(error ? closed : undefined)));
  };
}
