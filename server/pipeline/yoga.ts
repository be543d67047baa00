// The one pipeline that every operation goes through, over HTTP, server-sent events and WebSockets alike.
import { Kind, type DocumentNode, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { isAsyncIterable, YogaServer, type Plugin } from 'graphql-yoga';
import { createTextCache } from '../../common/textCache.ts';
import { unauthenticated, useAuthentication } from './authentication.ts';
import type { RequestContext } from '../../schema/base/requestContext.ts';
import { type FindDocument, type KnownDocuments, useDocumentsByHash } from './documentsByHash.ts';
import { useLongAnswers } from './longAnswers.ts';
import { createPresenter, type Presenter } from './presentErrors.ts';
import { Reply } from '../transport/exchange.ts';
import { useAliasLimit } from '../limits/aliases.ts';
import { useJsonBody } from './body.ts';
import { useConditionLimit } from '../limits/conditions.ts';
import { useCostLimit } from '../limits/cost.ts';
import { useDepthLimit } from '../limits/depth.ts';
import { useDirectiveLimit } from '../limits/directives.ts';
import type { Limits } from '../limits/limits.ts';
import { useTimeLimit } from '../limits/time.ts';
import { useTokenLimit } from '../limits/tokens.ts';
import { useValueDepthLimit } from '../limits/values.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Operation } from '../operation/operation.ts';
import { withoutVariables } from './sentValues.ts';
import type { Subscriptions } from './subscriptions.ts';

export interface PipelineOptions {
  schema: GraphQLSchema;
  createContext: ((operation: RequestContext) => object) | undefined;
  /** Documents that may be asked for by their hash */
  documents: { known: KnownDocuments; find: FindDocument } | undefined;
  log: Log;
  metrics: Metrics;
  subscriptions: Subscriptions;
  /** Milliseconds, never going back */
  elapsed: () => number;
  limits: Limits;
}

export type Pipeline = YogaServer<Record<string, unknown>, Record<string, unknown>>;

/**
 * Yoga without what is unsafe or unused here: no CORS, forms, files, batches, landing page, or GraphiQL from a CDN.
 * The server itself is used, not `createYoga`'s adapter, whose Fetch objects cost more than the rest of the pipeline;
 * a plugin's onRequest and onResponse are therefore never called: http/endpoint.ts is that layer.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { schema, createContext, log, limits } = options;
  const present = createPresenter(log);
  return new YogaServer<Record<string, unknown>, Record<string, unknown>>({
    schema,
    ...(createContext === undefined
      ? {}
      : { context: (operation) => createContext(operation as unknown as RequestContext) as Record<string, unknown> }),
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    // Yoga's limit makes each body a stream of streams, at half the throughput: useJsonBody counts instead.
    maxRequestBodySize: false,
    // Yoga masks without knowing whose error it is: useOperation does it, with the request id. Nothing may leave both.
    maskedErrors: {
      errorMessage: 'Unexpected error',
      maskError: (error) =>
        error instanceof Error ? error : new Error('Something that is no error was thrown', { cause: error }),
    },
    parserAndValidationCache: {
      documentCache: createTextCache<DocumentNode>({ entries: 256, characters: 1_000_000 }),
      // Nothing of those that do not parse: one is not sent twice in a hurry.
      errorCache: { get: () => undefined, set: () => {} },
    },
    fetchAPI: { Response: Reply as unknown as typeof Response, ReadableStream, TextEncoder },
    // In the order of defence: the cheapest first.
    plugins: [
      useJsonBody(limits),
      ...(options.documents ? [useDocumentsByHash(options.documents.known, options.documents.find)] : []),
      useTokenLimit(limits.maxTokens),
      useAliasLimit(limits.maxAliases),
      useDepthLimit(limits.maxDepth),
      useDirectiveLimit(limits.maxDirectives),
      useValueDepthLimit(limits.maxValueDepth),
      useAuthentication(schema),
      useConditionLimit({ conditions: limits.maxConditions, manifests: limits.maxManifests }),
      useCostLimit(limits.maxCost),
      useLongAnswers(),
      useOperation(options, present),
      useTimeLimit(limits.timeLimit),
    ],
  });
}

/** Presents errors under the operation's request id, measures it, and keeps track of subscriptions. */
function useOperation({ metrics, subscriptions, elapsed }: PipelineOptions, present: Presenter): Plugin {
  const presented = (result: ExecutionResult, { requestId }: Operation, args?: ExecutionArgs): ExecutionResult => {
    if (result.errors === undefined) return result;
    const errors = args ? withoutVariables(result.errors, args) : result.errors;
    return { ...result, errors: errors.map((error) => present(error, requestId)) };
  };
  const measure = (operation: Operation, failed: boolean) =>
    metrics.operation(operation.kind, (elapsed() - operation.startedAt) / 1000, failed);
  return {
    onExecute({ args }) {
      const { document, operationName, contextValue } = args as ExecutionArgs;
      const operation = contextValue as Operation;
      operation.kind = kindOf(document, operationName);
      return {
        onExecuteDone({ result, setResult }) {
          operation.end();
          if (isAsyncIterable(result)) return;
          const shown = presented(result, operation, args);
          if (shown !== result) setResult(shown);
          measure(operation, shown.errors !== undefined);
        },
      };
    },
    onSubscribe({ args }) {
      const operation = args.contextValue as unknown as Operation;
      operation.kind = 'subscription';
      return {
        onSubscribeResult({ result, setResult }) {
          const failed = !isAsyncIterable(result);
          measure(operation, failed);
          if (failed) setResult(presented(result, operation, args));
          else {
            setResult(
              subscriptions.track(
                result as AsyncIterable<ExecutionResult>,
                (event) => presented(event, operation),
                (error) => ({ errors: [present(error, operation.requestId)] }),
                (cut) => {
                  const { caller, requestId } = operation;
                  const uncut = caller.onEnd(() =>
                    cut({ errors: [present(unauthenticated(caller.ended!), requestId)] }),
                  );
                  return () => {
                    uncut();
                    operation.end();
                  };
                },
              ),
            );
          }
        },
        onSubscribeError({ error, setError }) {
          setError(present(error, operation.requestId));
        },
      };
    },
    // Errors of what was not executed, or not to its end; those of an execution were presented above and stay as they are.
    onResultProcess({ result, setResult, serverContext }) {
      if (isAsyncIterable(result)) return;
      const operation = serverContext as unknown as Operation;
      if (operation.kind === 'none') measure(operation, true);
      const shown = presented(result as ExecutionResult, operation);
      if (shown !== result) setResult(shown);
    },
  };
}

function kindOf(document: DocumentNode, name: string | null | undefined): Operation['kind'] {
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION && (name == null || definition.name?.value === name))
      return definition.operation;
  }
  return 'none';
}
