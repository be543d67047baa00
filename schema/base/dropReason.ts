// Tells a subscriber why it was dropped. That is no bug of labd's, so the error is not masked.
import { GraphQLError } from 'graphql';
import { Dropped } from '../../server/stream/mailbox.ts';

/** The same events; that the reader was dropped becomes an error it may see. */
export function withDropReason<T>(events: AsyncIterableIterator<T>): AsyncIterableIterator<T> {
  const explain = (error: unknown): never => {
    if (!(error instanceof Dropped)) throw error;
    throw new GraphQLError(error.message, { extensions: { code: `SUBSCRIBER_${error.reason.toUpperCase()}` } });
  };
  return { ...events, next: () => events.next().catch(explain), [Symbol.asyncIterator]: () => withDropReason(events) };
}
