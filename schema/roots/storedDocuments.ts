// Stored documents: checks whether one can be run, and finds the one that a hash stands for.
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import type { RequestContext } from '../base/requestContext.ts';
import { InvalidInput } from '../../server/domain/errors.ts';
import { allOf, nothing } from '../../server/domain/where.ts';
import { placesFor } from '../permissions/scope.ts';
import { StoredQuery } from '../kinds/query.ts';

/** Characters of a document; tokens are limited when it runs. */
const LONGEST = 65_536;

/** The most mistakes that are listed of one document. */
const MOST = 5;

const wrong = (field: string, why: string): InvalidInput =>
  new InvalidInput(field, `The document cannot be run: ${why}`, 'Try it first: lab api -f FILE.');

/** What is wrong with a text that is no document of this graph, or has no operation. */
export function documentProblems(field: string, text: string, schema: GraphQLSchema): InvalidInput[] {
  if (text.length > LONGEST) return [wrong(field, `it has more than ${LONGEST.toLocaleString('en')} characters.`)];
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: 2_000 });
  } catch (error) {
    return [wrong(field, error instanceof GraphQLError ? placed(error) : 'it is nested too deep.')];
  }
  const mistakes = validate(schema, document, undefined, { maxErrors: MOST });
  if (mistakes.length > 0) return [wrong(field, mistakes.map(placed).join(' '))];
  const runs = document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  return runs ? [] : [wrong(field, 'it has no operation.')];
}

function placed({ message, locations }: GraphQLError): string {
  const [at] = locations ?? [];
  return at ? `${message} (line ${at.line}, column ${at.column})` : message;
}

/** The stored document that a hash stands for, as far as the caller may see it. */
export async function documentByHash(
  hash: string,
  { caller, database }: Pick<RequestContext, 'caller' | 'database'>,
): Promise<string | undefined> {
  const seen = StoredQuery.access.where(placesFor(caller.scope, 'read', 'StoredQuery'));
  // A caller who may see none causes no statement: anybody may send hashes.
  if (seen === nothing) return undefined;
  const where = allOf({ hash }, seen) as object;
  const row = await database.prisma.storedQuery.findFirst({
    where,
    select: { document: true },
    orderBy: { id: 'asc' },
  });
  return row?.document;
}
