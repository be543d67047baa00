// How much is too much.

/** The limits of the serving side; only tests change them. */
export interface Limits {
  maxBytes: number;
  maxTokens: number;
  /** Operations at once on one WebSocket */
  maxOperations: number;
  /** Bytes that may wait for a WebSocket's peer */
  maxWaiting: number;
  /** Milliseconds between looks for connections whose peer does not read */
  stalledEvery: number;
  /** Milliseconds between pings of a WebSocket */
  keepAlive: number;
}

export const LIMITS: Limits = {
  maxBytes: 256 * 1024,
  maxTokens: 1000,
  maxOperations: 1000,
  maxWaiting: 8 * 1024 * 1024,
  stalledEvery: 15_000,
  keepAlive: 12_000,
};
