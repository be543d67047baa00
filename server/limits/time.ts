// How long a query or a mutation may run.
import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Operation } from '../operation/operation.ts';
import { LimitExceeded } from './exceeded.ts';

/**
 * Stops queries and mutations after `limit` milliseconds. A query is answered then, and what still runs for it ends
 * before its next statement. A mutation is waited for: what it has begun to commit is committed and answered, anything
 * else is rolled back and answered by the error. Subscriptions may last.
 */
export function useTimeLimit(limit: number): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn((args) => {
        const running = executeFn(args) as ExecutionResult | Promise<ExecutionResult>;
        return 'then' in running ? withTimeLimit(limit, args.contextValue as Operation, running) : running;
      });
    },
  };
}

function withTimeLimit(
  limit: number,
  operation: Operation,
  running: Promise<ExecutionResult>,
): Promise<ExecutionResult> {
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      const reason = tooLong(limit, operation.kind === 'mutation');
      operation.stop(reason);
      if (operation.kind !== 'mutation')
        resolve({ errors: [new GraphQLError(reason.message, { originalError: reason })] });
    }, limit);
    running
      .finally(() => clearTimeout(timer))
      // Where nothing came of it, an answer without data has the status of its error.
      .then(
        (result) => resolve(late && result.data == null && result.errors ? { errors: result.errors } : result),
        reject,
      );
  });
}

/**
 * 504, because what did not answer in time is behind labd, and the same question may be asked again: clients and
 * proxies take it so. 503 would say that labd itself is out and have load balancers pass it by; 408 blames the caller's
 * connection, and browsers repeat the request by themselves.
 */
function tooLong(limit: number, mutation: boolean): LimitExceeded {
  const seconds = `${limit / 1000} s`;
  return new LimitExceeded({
    code: 'TIMEOUT',
    status: 504,
    message: mutation
      ? `The mutation took longer than ${seconds} and was undone: nothing of this field was written; try again when labd is less busy`
      : `The query took longer than ${seconds} and was stopped: ask for less at a time, such as a smaller first`,
  });
}
