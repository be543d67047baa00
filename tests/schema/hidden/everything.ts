// Selections made from the graph itself: all that can be asked below a field, so that a new field is asked too.
import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  isAbstractType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { schema } from '../../../schema/index.ts';

export type Field = GraphQLField<unknown, unknown>;
export const fieldsOf = (type: GraphQLObjectType): Field[] => Object.values(type.getFields());

const typesOf = (type: GraphQLNamedType): readonly GraphQLObjectType[] =>
  isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];

/** Pages and lists of changes lead on without leading to another object. */
const isBetween = ({ name }: GraphQLObjectType) => /(Connection|Edge)$/.test(name);

/** Everything below a field, following so many edges on; nothing for a field that has a plain value. */
export function everythingBelow(field: Field, depth: number): string {
  const types = typesOf(getNamedType(field.type));
  if (types.length === 0) return '';
  const parts = types.map((type) => {
    const own = fieldsOf(type).flatMap((one) => {
      if (one.args.some(isRequiredArgument)) return [];
      const leads = typesOf(getNamedType(one.type)).length > 0;
      const left = isBetween(type) ? depth : depth - 1;
      // The same objects a second time.
      if (one.name === 'edges' || (leads && left < 0)) return [];
      return [`${type.name}_${one.name}: ${one.name}${everythingBelow(one, left)}`];
    });
    return `... on ${type.name} { ${own.join(' ')} __typename }`;
  });
  return ` { ${parts.join(' ')} }`;
}
