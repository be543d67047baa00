// Long answers are written as JSON in turns, as they were made: what carries them takes the text as it is.
import { type ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { RequestContext } from '../../schema/base/requestContext.ts';
import type { Turns } from '../../schema/base/turns.ts';
import { jsonInTurns } from '../transport/jsonInTurns.ts';

/** An answer with fewer objects is written in a few milliseconds. */
const LONG = 2_000;

/** A result whose data is written already. */
interface WrittenResult extends ExecutionResult {
  readonly dataAsJson: string;
  /** Yoga calls it in place of JSON.stringify, with what may be shown of the errors. */
  stringify(shown: ExecutionResult): string;
}

function withText(result: ExecutionResult, dataAsJson: string): WrittenResult {
  return {
    ...result,
    dataAsJson,
    stringify({ errors, extensions }) {
      const others = JSON.stringify({ errors, extensions });
      return `${others.slice(0, -1)}${others === '{}' ? '' : ','}"data":${dataAsJson}}`;
    },
  };
}

/** An operation that somebody may stop, or go away from, while its answer is written. */
const stoppableOf = (context: unknown) => {
  const operation = context as Pick<RequestContext, 'beforeReading'> & { turns?: Turns };
  return { turns: operation.turns, beforeReading: () => operation.beforeReading() };
};

/** Writes the data of long answers before whatever carries them would do so in one go. */
export function useLongAnswers(): Plugin {
  return {
    onExecute({ args }) {
      const { turns, beforeReading } = stoppableOf(args.contextValue);
      return {
        onExecuteDone({ result, setResult }) {
          if (turns === undefined || turns.objects < LONG || isAsyncIterable(result) || result.data == null) return;
          return jsonInTurns(result.data, (objects) => turns.before(objects)?.then(beforeReading)).then(
            (text) => setResult(withText(result, text)),
            (error: Error) => setResult({ errors: [new GraphQLError(error.message, { originalError: error })] }),
          );
        },
      };
    },
  };
}

/** The long answers of one WebSocket, on their way through a protocol that makes the text of a message in one go. */
export class LongTexts {
  readonly #texts = new Map<string, string>();

  /** What stands for a result's data in its message, which nobody can guess; undefined when that is not written yet. */
  standIn(result: object, requestId: string): string | undefined {
    const { dataAsJson } = result as Partial<WrittenResult>;
    if (dataAsJson === undefined) return undefined;
    const standIn = `data of ${requestId}`;
    this.#texts.set(standIn, dataAsJson);
    return standIn;
  }

  /** The message as it is sent. */
  fill(message: string): string {
    for (const [standIn, text] of this.#texts) {
      const [before, after] = message.split(`"${standIn}"`);
      if (after === undefined) continue;
      this.#texts.delete(standIn);
      return `${before}${text}${after}`;
    }
    return message;
  }
}
