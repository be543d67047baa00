// How much may wait for a WebSocket peer that reads too slowly, or not at all.
import type { WebSocket } from 'ws';

/**
 * Sends on `socket`, resolving when the bytes have left, so that a subscription is read no faster than its reader reads.
 * Where more than `maxWaiting` bytes wait already (many operations, answers to pings), the connection is cut.
 */
export function createSendLimit(socket: WebSocket, maxWaiting: number, onStalled: () => void): (data: string) => Promise<void> {
  const cut = () => {
    onStalled();
    socket.terminate();
  };
  // ws answers pings by itself: a peer may fill the buffer with them without asking anything.
  socket.on('ping', () => {
    if (socket.bufferedAmount > maxWaiting) cut();
  });
  return (data) =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) resolve();
      else if (socket.bufferedAmount > maxWaiting) {
        cut();
        resolve();
      } else socket.send(data, (error) => (error ? reject(error) : resolve()));
    });
}
