// Takes what somebody sent out of GraphQL's own messages about it: it may be a secret, and clients write messages down.
import {
  coerceInputValue,
  type ExecutionArgs,
  GraphQLError,
  isInputType,
  Kind,
  print,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

/** What is wrong, without the value that the message ends with. */
const withoutEnd = (message: string): string => withoutName(message.replace(/( value): [^]*$/, '$1.'));

/** What is wrong with a word that no enumeration has, without the word. */
const withoutName = (message: string): string =>
  message.replace(/^Value "[^]*" does not exist/, 'Value … does not exist');

const spelled = (path: readonly (string | number)[]): string =>
  path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');

/** Ends looking through a value: there is no more to say of it. */
class Enough extends Error {}

/**
 * What is wrong with the value of a variable, in the order in which GraphQL says it, which ends after so many mistakes: a
 * value can have a million.
 */
function mistakesIn(
  { variable, type }: VariableDefinitionNode,
  { schema, variableValues }: ExecutionArgs,
  most: number,
): string[] {
  const name = variable.name.value;
  const wanted = typeFromAST(schema, type as never);
  const mistakes: string[] = [];
  try {
    if (isInputType(wanted))
      coerceInputValue(variableValues?.[name], wanted, (path, _value, { message }) => {
        const where = path.length === 0 ? '' : ` at "${name}${spelled(path)}"`;
        mistakes.push(`Variable "$${name}" got an invalid value${where}; ${withoutEnd(message)}`);
        if (mistakes.length >= most) throw new Enough();
      });
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return mistakes;
}

/** The errors of an execution, those about variables without their values. */
export function withoutVariables(errors: readonly GraphQLError[], args: ExecutionArgs): readonly GraphQLError[] {
  const said = new Map<VariableDefinitionNode, string[]>();
  return errors.map((error) => {
    const [node] = error.nodes ?? [];
    if (node?.kind !== Kind.VARIABLE_DEFINITION || !error.message.includes(' got invalid value ')) return error;
    const mistakes = said.get(node) ?? mistakesIn(node, args, errors.filter((one) => one.nodes?.[0] === node).length);
    said.set(node, mistakes);
    const message = mistakes.shift() ?? `Variable "$${node.variable.name.value}" got an invalid value.`;
    const { extensions, originalError } = error;
    return new GraphQLError(message, { nodes: node, extensions, originalError: originalError ?? null });
  });
}

/** The message of an error about a document, without the literal that it is about: its place is told besides. */
export function withoutLiteral({ message, nodes, source }: GraphQLError): string {
  if (nodes === undefined) return source === undefined ? message : message.replace(/\b((?:Block)?String) "[^]*"/, '$1');
  const [node] = nodes;
  switch (node?.kind) {
    case Kind.STRING:
    case Kind.LIST:
    case Kind.OBJECT:
      return message.replace(print(node), '…');
    case Kind.INT:
    case Kind.FLOAT:
    case Kind.BOOLEAN:
    case Kind.ENUM:
      return withoutName(message.replace(/( value: |, found )[^]*?(\.?)$/, '$1…$2'));
    default:
      return message;
  }
}
