// What an examination finds.
import { CliError, type Hint } from '../terminal/errors.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly how: 'ok' | 'warning' | 'failure';
  readonly what: string;
  /** What to do about it */
  readonly remedy?: Hint | undefined;
}

export const ok = (what: string): Finding => ({ how: 'ok', what });
export const warning = (what: string, remedy?: Hint): Finding => ({ how: 'warning', what, remedy });
export const failure = (what: string, remedy?: Hint): Finding => ({ how: 'failure', what, remedy });

/** An error that a command would have ended with, as a finding. */
export const failureOf = (error: unknown): Finding => {
  if (!(error instanceof CliError)) throw error;
  return failure(error.message.split('\n')[0]!, error.hint);
};
