// Ends connections whose peer stopped taking what was sent: their buffers are the only memory nothing else bounds.
import type { Socket } from 'node:net';

export interface StalledOptions {
  /** Milliseconds between looks; a connection is ended after two to three of them without progress */
  every: number;
  onStalled?: (socket: Socket) => void;
}

export interface StalledWatch {
  add(socket: Socket): void;
  stop(): void;
}

interface Progress {
  taken: number;
  looks: number;
}

/** Watches connections: one with bytes waiting, of which none was taken at several looks in a row, is destroyed. */
export function watchStalled({ every, onStalled = () => {} }: StalledOptions): StalledWatch {
  const watched = new Map<Socket, Progress>();
  const look = () => {
    for (const [socket, progress] of watched) {
      const taken = socket.bytesWritten - socket.writableLength;
      if (socket.writableLength === 0 || taken !== progress.taken) {
        progress.taken = taken;
        progress.looks = 0;
      } else if (++progress.looks >= 2) {
        onStalled(socket);
        socket.destroy();
      }
    }
  };
  const timer = setInterval(look, every).unref();
  return {
    add(socket) {
      watched.set(socket, { taken: 0, looks: 0 });
      socket.once('close', () => watched.delete(socket));
    },
    stop() {
      clearInterval(timer);
    },
  };
}
