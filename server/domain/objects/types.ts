// What rules about objects of any kind speak of: rows, input, places, and what the caller may do.
import type { Place } from '../../../common/place.ts';
import type { Action, Scope } from '../grants.ts';
import type { Maker } from '../maker.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { Where } from '../where.ts';

export type Row = Record<string, unknown> & { id: string; version: bigint };
export type Input = Readonly<Record<string, unknown>>;

/** What the caller may do, as the domain needs to know it. */
export interface Permissions {
  readonly actor: string;
  /** Recorded as the manager of the fields that the caller sets; the actor when absent */
  readonly manager?: string;
  /** Fields that nobody manages any more once they are set */
  readonly released?: readonly string[];
  /** The caller's uuid, if it is a user */
  readonly userId: string | null;
  /** All that the caller holds */
  readonly scope: Scope;
  /** What the caller proved itself with, as far as that limits what it makes; null for labd itself */
  readonly maker: Maker | null;
  /** Where what the caller says in secret is kept */
  readonly secrets: Secrets;
  /** Throws Forbidden unless the caller may act on an object of the kind at the place */
  readonly demand: (action: Action, kind: string, place: Place) => void;
  /** The `where` of the rows of a kind that the caller may see */
  readonly visible: (kind: string) => Where;
}
