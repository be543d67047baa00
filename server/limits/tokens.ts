// How long a document may be, in tokens: counted by the parser, which stops there.
import { GraphQLError, parse, type ParseOptions, type Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LimitExceeded } from './exceeded.ts';

/** Refuses documents of more than `maxTokens` tokens. */
export function useTokenLimit(maxTokens: number): Plugin {
  const parseWithin = (source: string | Source, options?: ParseOptions) => {
    try {
      return parse(source, { ...options, maxTokens });
    } catch (error) {
      // The parser's own stack overflow on deep nesting is a refusal too, never a fault of labd.
      if (
        error instanceof RangeError ||
        (error instanceof GraphQLError && /^Syntax Error: Document contains more/.test(error.message))
      ) {
        throw new LimitExceeded({
          code: 'DOCUMENT_TOO_LONG',
          status: 400,
          message: `The document has more than ${maxTokens.toLocaleString('en')} tokens: split it, and send values as variables`,
        });
      }
      throw error;
    }
  };
  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithin);
    },
  };
}
