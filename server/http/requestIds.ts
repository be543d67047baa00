// Request ids: unlike in all of a fleet of labds, and cheap, because every request has one.
import { randomBytes } from 'node:crypto';

/** Makes ids such as `k3J9aQ-1f`: a random part per process, and a count. */
export function createRequestIds(prefix = randomBytes(6).toString('base64url')): () => string {
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
