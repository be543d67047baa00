// How orders ended that are not carried out again, until labd has heard it: over whichever connection is open then.
import type { AcknowledgeOrderInput } from '../generated/documents.ts';

export type Ended = Pick<AcknowledgeOrderInput, 'outcome' | 'message' | 'powerState'>;

type Tell = (id: string, ended: Ended) => void;

export class Unheard {
  readonly #ended = new Map<string, Ended>();
  #tell: Tell = () => {};

  /** Has all of them told from now on by this, which takes the place of what told them before. */
  follow(tell: Tell): void {
    this.#tell = tell;
    for (const [id, ended] of this.#ended) tell(id, ended);
  }

  add(id: string, ended: Ended): void {
    this.#ended.set(id, ended);
    this.#tell(id, ended);
  }

  heard(id: string): void {
    this.#ended.delete(id);
  }
}
