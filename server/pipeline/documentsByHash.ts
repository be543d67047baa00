// Finds documents that are sent by their hash: those of lab and lab-bastion of this version, and stored ones.
// As Apollo's automatic persisted queries have it: https://www.apollographql.com/docs/apollo-server/performance/apq
import { createHash } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { createTextCache } from '../../common/textCache.ts';
import type { RequestContext } from '../../schema/base/requestContext.ts';

/** Finds what somebody stored; undefined when there is nothing that the caller may see. */
export type FindDocument = (hash: string, operation: RequestContext) => Promise<string | undefined>;

/** Texts by the SHA-256 of each, hexadecimal. */
export type KnownDocuments = Readonly<Record<string, string>>;

const problem = (code: string, message: string, status: number): GraphQLError =>
  new GraphQLError(message, { extensions: { code, http: { status } } });

/** The hash that stands for the document, or goes with it. Throws for one that cannot be. */
function hashIn({ extensions }: GraphQLParams): string | undefined {
  const asked = (extensions as { persistedQuery?: unknown } | null | undefined)?.persistedQuery;
  if (asked === undefined) return undefined;
  const { version, sha256Hash } = (asked ?? {}) as { version?: unknown; sha256Hash?: unknown };
  if (version !== 1 || typeof sha256Hash !== 'string' || !/^[0-9a-f]{64}$/.test(sha256Hash))
    throw problem(
      'BAD_REQUEST',
      'extensions.persistedQuery must have version 1 and sha256Hash, 64 hexadecimal digits',
      400,
    );
  return sha256Hash;
}

/** Puts documents in the place of their hashes; one that comes with its hash is remembered for a while. */
export function useDocumentsByHash(known: KnownDocuments, find: FindDocument): Plugin {
  const seen = createTextCache<string>({ entries: 256, characters: 1_000_000 });
  return {
    async onParams({ params, setParams, context }) {
      const hash = hashIn(params);
      if (hash === undefined) return;
      const { query } = params;
      if (query) {
        if (createHash('sha256').update(query).digest('hex') !== hash)
          throw problem('PERSISTED_QUERY_HASH_MISMATCH', 'The document does not have the hash that came with it', 400);
        seen.set(hash, query);
        return;
      }
      const own = Object.hasOwn(known, hash) ? known[hash] : seen.get(hash);
      const text = own ?? (await find(hash, context as unknown as RequestContext));
      if (text === undefined)
        throw problem('PERSISTED_QUERY_NOT_FOUND', 'labd knows no document of this hash: send its text too', 200);
      setParams({ ...params, query: text });
    },
  };
}
