// Request ids: unique among all labds on a database, and cheap to make, because every request has one.
import type { System } from '../../common/system.ts';

/** Makes ids such as `k3J9aQ-1f`: a random part per process, and a count. */
export function createRequestIds({ bytes }: Pick<System, 'bytes'>): () => string {
  const prefix = bytes(6).toString('base64url');
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}
