// A port that serves metrics and health only, for collectors without a credential.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from './responses.ts';
import type { Metrics } from '../observe/metrics.ts';

/** Answers `/metrics` and `/healthz`, and nothing else. */
export const metricsOnly =
  (metrics: Metrics, newRequestId: () => string) =>
  ({ method, url }: IncomingMessage, response: ServerResponse): void => {
    const requestId = newRequestId();
    const path = url?.split('?', 1)[0];
    if (method !== 'GET') return text(response, requestId, 405, 'Use GET\n');
    if (path === '/healthz') return text(response, requestId, 200, 'ok\n');
    if (path !== '/metrics') return text(response, requestId, 404, 'Only /metrics and /healthz are here\n');
    metrics.text().then(
      (all) => text(response, requestId, 200, all, metrics.contentType),
      () => text(response, requestId, 500, 'The metrics cannot be read now\n'),
    );
  };
