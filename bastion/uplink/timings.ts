// How long the uplink waits for things, milliseconds.

export interface Timings {
  /** An empty batch after this long without one */
  heartbeat: number;
  /** Between pings, and for the answer to one */
  keepAlive: number;
  pong: number;
  /** For the connection to be ready, and for the answer to a request */
  connect: number;
  request: number;
  /** Before the next connection: first, doubled each time up to the most */
  retryFirst: number;
  retryMost: number;
  /** Before the next connection after labd refused this one, or gave the uplink to a newer one */
  refused: number;
  /** Before the next try to renew the certificate, and between two looks whether it is time */
  renewRetry: number;
  /** Between two snapshots */
  snapshot: number;
  /** Between two questions what DHCP is to serve */
  site: number;
}

export const defaultTimings: Timings = {
  heartbeat: 10_000,
  keepAlive: 10_000,
  pong: 5_000,
  connect: 10_000,
  request: 30_000,
  retryFirst: 200,
  retryMost: 10_000,
  refused: 60_000,
  renewRetry: 3_600_000,
  snapshot: 5_000,
  site: 5_000,
};
