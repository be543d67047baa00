// How long a document may be, in tokens: counted before it is parsed, as far as the limit.
import { Lexer, parse, type ParseOptions, Source, TokenKind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { LimitExceeded } from './exceeded.ts';

/** Whether a document has more tokens than that; what is no token ends it, and is the parser's to tell. */
function isLonger(source: Source, maxTokens: number): boolean {
  const lexer = new Lexer(source);
  try {
    // The parser's own count would come at the bottom of its recursion, with an error that looks for its line.
    for (let tokens = 0; lexer.advance().kind !== TokenKind.EOF;) if (++tokens > maxTokens) return true;
  } catch {
    return false;
  }
  return false;
}

/** Refuses documents of more than `maxTokens` tokens. */
export function useTokenLimit(maxTokens: number): Plugin {
  const tooLong = () =>
    new LimitExceeded({
      code: 'DOCUMENT_TOO_LONG',
      status: 400,
      message: `The document has more than ${maxTokens.toLocaleString('en')} tokens: split it, and send values as variables`,
    });
  const parseWithin = (given: string | Source, options?: ParseOptions) => {
    const source = typeof given === 'string' ? new Source(given) : given;
    if (isLonger(source, maxTokens)) throw tooLong();
    try {
      return parse(source, options);
    } catch (error) {
      // The parser's own stack overflow on deep nesting is a refusal too, never a fault of labd.
      throw error instanceof RangeError ? tooLong() : error;
    }
  };
  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithin);
    },
  };
}
