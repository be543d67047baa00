// Asks documents as everybody who sees little, and as the administrator, and tells what was found where.
import type { GraphQLObjectType } from 'graphql';
import { expect } from 'vitest';
import { type Field, fieldsOf } from './everything.ts';
import { ADMINISTRATOR, expectAnswered, type Narrow } from './narrow.ts';

/** A document, and the root field that it asks. */
export interface Asked {
  readonly field: string;
  readonly document: string;
}

export const rootsOf = (type: GraphQLObjectType | null | undefined): Field[] => (type ? fieldsOf(type) : []);

/** What the administrator found, by root field and by column: that there was something to find. */
export class Findings {
  readonly #leaks = new Map<string, string>();
  readonly columns = new Set<string>();
  readonly #fields = new Map<string, number>();

  /** Notes the marks in what somebody was answered. */
  note(who: string, field: string, asked: string, marks: ReadonlyMap<string, string>): void {
    this.#fields.set(field, (this.#fields.get(field) ?? 0) + (who === ADMINISTRATOR ? marks.size : 0));
    if (who === ADMINISTRATOR) for (const column of marks.values()) this.columns.add(column);
    else if (marks.size > 0) {
      const what = `${field} tells ${who} of ${[...new Set(marks.values())].sort().join(', ')}`;
      if (!this.#leaks.has(what)) this.#leaks.set(what, `${[...marks.keys()].join(', ')} in ${asked.slice(0, 160)}`);
    }
  }

  /** Holds that nobody found what is hidden. */
  expectQuiet(): void {
    expect(Object.fromEntries(this.#leaks)).toEqual({});
  }

  /** Holds that nobody found what is hidden, and that the administrator did in all root fields but these. */
  expectHidden(without: Readonly<Record<string, string>>): void {
    this.expectQuiet();
    const empty = [...this.#fields].filter(([, marks]) => marks === 0).map(([field]) => field);
    expect(empty.sort()).toEqual(Object.keys(without).sort());
  }
}

/** Asks each document as everybody. */
export async function askAll(narrow: Narrow, documents: Iterable<Asked>, findings = new Findings()): Promise<Findings> {
  const { graph, callers, leaked } = narrow;
  for (const { field, document } of documents)
    for (const [who, caller] of Object.entries(callers)) {
      const answer = await graph.ask(document, { caller });
      expectAnswered(answer, document);
      findings.note(who, field, document, leaked(answer, document));
    }
  return findings;
}
