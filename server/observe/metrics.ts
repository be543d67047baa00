// labd's metrics for Prometheus, in a registry of their own.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { OperationKind } from '../operation/operation.ts';

export interface Metrics {
  /** An operation was answered; for a subscription, begun. */
  operation(kind: OperationKind, seconds: number, failed: boolean): void;
  /** A request or handshake was turned away by its Host or Origin. */
  refused(code: string): void;
  stalled(): void;
  readonly text: () => Promise<string>;
  readonly contentType: string;
  clear(): void;
}

/** Gauges that are read when metrics are collected. */
export interface Gauges {
  webSockets(): number;
  subscriptions(): number;
  /** Whether the database answers; undefined before it is open */
  databaseUp(): Promise<boolean | undefined>;
}

const KINDS: readonly OperationKind[] = ['query', 'mutation', 'subscription', 'none'];

export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'labd_operation_duration_seconds',
    help: 'Time from receiving an operation to having its answer, or its first event; type none could not be parsed or was invalid',
    labelNames: ['type'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers,
  });
  const failures = new Counter({
    name: 'labd_operations_failed_total',
    help: 'Operations whose answer has errors',
    labelNames: ['type'],
    registers,
  });
  const refusals = new Counter({
    name: 'labd_requests_refused_total',
    help: 'Requests refused for their Host or Origin',
    labelNames: ['code'],
    registers,
  });
  const stalled = new Counter({
    name: 'labd_connections_stalled_total',
    help: 'Connections ended because the peer stopped reading',
    registers,
  });
  const gauge = (name: string, help: string, read: () => number | Promise<number | undefined>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        const value = await read();
        if (value !== undefined) this.set(value);
      },
    });
  gauge('labd_websocket_connections', 'Open WebSocket connections', gauges.webSockets);
  gauge('labd_subscriptions', 'Live subscriptions, over WebSocket and server-sent events', gauges.subscriptions);
  gauge('labd_database_up', '1 when the database answers', async () => {
    const up = await gauges.databaseUp();
    return up === undefined ? undefined : Number(up);
  });
  const byKind = new Map(
    KINDS.map((type) => [type, { duration: durations.labels({ type }), failed: failures.labels({ type }) }]),
  );
  return {
    operation(kind, seconds, failed) {
      const one = byKind.get(kind)!;
      one.duration.observe(seconds);
      if (failed) one.failed.inc();
    },
    refused: (code) => refusals.inc({ code }),
    stalled: () => stalled.inc(),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    clear: () => registry.clear(),
  };
}
