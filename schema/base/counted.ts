// How the values of arguments count among what an operation asks for. An argument or an input field that counts as
// nothing but its values says nothing; the others say it in their extensions, and server/limits/conditions.ts adds up.

/** What is counted of an operation's arguments, each with a bound of its own. */
export type Measure = 'conditions' | 'manifests';

/** What the extensions of an argument or an input field may say. */
export interface Counted {
  /** A text that makes several conditions: how many at most */
  readonly conditions?: (text: string) => number;
  /** A list: each of its items counts one, whatever it holds, of this measure */
  readonly items?: Measure;
}
