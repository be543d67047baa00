// Refuses a graph in which a field below a revision could be answered from the present: its resolver would have taken the
// operation's own context, instead of being made by computedField, toOne or toMany.
import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  isAbstractType,
  isObjectType,
} from 'graphql';
import { knowsMoment } from '../base/contextAt.ts';

type Field = GraphQLField<unknown, unknown>;

/** The resolver as it was written, if it takes the operation's context: the third of its arguments. */
function takesContext({ extensions }: Field): boolean {
  const { resolve } = (extensions['pothosOptions'] ?? {}) as { resolve?: (...args: unknown[]) => unknown };
  return resolve !== undefined && resolve.length > 2 && !knowsMoment(resolve);
}

/** The fields, as `Type.field`, that lie below a root field with `at` and take the operation's own context. */
export function momentless(schema: GraphQLSchema): string[] {
  const seen = new Set<GraphQLNamedType>();
  const found: string[] = [];
  const visit = (type: GraphQLNamedType): void => {
    if (seen.has(type)) return;
    seen.add(type);
    if (isAbstractType(type)) schema.getPossibleTypes(type).forEach(visit);
    if (!isObjectType(type)) return;
    for (const field of Object.values(type.getFields())) {
      if (takesContext(field)) found.push(`${type.name}.${field.name}`);
      visit(getNamedType(field.type));
    }
  };
  for (const root of Object.values(schema.getQueryType()?.getFields() ?? {}))
    if (root.args.some(({ name }) => name === 'at')) visit(getNamedType(root.type));
  return found;
}

/** The same schema. Throws when it could answer the present where the past is asked about. */
export function checkMoments(schema: GraphQLSchema): GraphQLSchema {
  const found = momentless(schema);
  if (found.length === 0) return schema;
  throw new Error(
    `${found.join(', ')} would answer from the present at any revision: make it with computedField (schema/fields/computed.ts).`,
  );
}
