// One operation over HTTP, from its credentials to its answer; and GraphiQL, which has the same address.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { notServingResponse } from './responses.ts';
import { anonymous } from '../domain/access/caller.ts';
import { credentialsOf } from '../operation/credentials.ts';
import { Unauthenticated } from '../domain/access/callers.ts';
import { Exchange, send, type Reply } from '../transport/exchange.ts';
import type { Pages } from '../graphiql/pages.ts';
import type { Log } from '../observe/log.ts';
import { Operation } from '../operation/operation.ts';
import { notServing, type Handle, type State } from './state.ts';

export interface GraphqlOptions {
  state: State;
  pages: Pages;
  log: Log;
  /** Milliseconds, never going back */
  elapsed: () => number;
}

const redirectToSignIn = (response: ServerResponse): void =>
  void response.writeHead(302, { location: '/sign-in' }).end();

/** What answers at /graphql. */
export function createGraphql({ state, pages, log, elapsed }: GraphqlOptions): Handle {
  const verbose = log.isLevelEnabled('debug');
  const logged = (operation: Operation, status: number) =>
    log.debug(
      {
        requestId: operation.requestId,
        operation: operation.kind,
        status,
        ms: elapsed() - operation.startedAt,
        address: operation.address,
      },
      'Request',
    );
  return async (request: IncomingMessage, response: ServerResponse, requestId: string) => {
    const { serving } = state;
    if (serving === undefined || state.stopping) return notServingResponse(response, requestId, notServing(state));
    const exchange = new Exchange(request, response);
    const { address, agent, ...credentials } = credentialsOf(request);
    const wanted = pages.wanted(request);
    const caller = await serving.identify({ address, ...credentials }).catch((error: unknown) => {
      if (wanted && error instanceof Unauthenticated) return anonymous;
      throw error;
    });
    if (wanted) return caller === anonymous ? redirectToSignIn(response) : pages.show(response);
    const operation = new Operation({
      caller,
      requestId,
      address,
      agent,
      backend: serving.backend,
      waiting: exchange,
      startedAt: elapsed(),
    });
    state.inFlight.add(response);
    response.once('close', () => state.inFlight.delete(response));
    const reply = (await serving.pipeline.handle(exchange.asRequest(), operation as never)) as unknown as Reply;
    // A stream is ended by the stop itself: it is not waited for.
    if (typeof reply.body === 'object') state.inFlight.delete(response);
    if (state.stopping) reply.headers['connection'] = 'close';
    send(response, reply, requestId);
    if (verbose) logged(operation, reply.status);
  };
}
