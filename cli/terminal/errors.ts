// What can go wrong for who types a command, each with its exit code and what to type next.

/** Every exit code there is; a closed pipe is 0. */
export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  forbidden: 4,
  unreachable: 5,
  timedOut: 6,
  interrupted: 130,
} as const;

/** A failure with its exit code, told in words and without a stack. */
export class CliError extends Error {
  readonly exit: number;
  /** What to type or look at next; none when the message says it all */
  readonly hint: string | undefined;

  constructor(exit: keyof typeof exits, message: string, hint?: string) {
    super(message);
    this.exit = exits[exit];
    this.hint = hint;
  }
}
