// Random operations at the limits of the schema: whatever fields, arguments and filters the SDL has, as many as are
// allowed or a few more, with variables used again and again. The same seed makes the same operations.
import {
  getNamedType,
  getNullableType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  parse,
  validate,
} from 'graphql';

export interface RandomOperation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A small random generator with a seed: whole numbers from 0, below what it is given. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What is about as much as one operation may ask for, and a little past it. */
const SIZES = [1, 10, 100, 300, 500, 950, 1_000, 1_001];
const KINDS = ['Server', 'Bastion', 'Network', 'Cluster', 'Vm'];
const WORDS = ['m-000001', 'm-', '', '%', '_', 'x'.repeat(200), 'INSTALLED', '\u001b', 'é'];
const uuid = (n: number) => `01a207fe-2773-763c-ba86-${String(n).padStart(12, '0')}`;

class Maker {
  readonly #next: (below: number) => number;
  readonly #variables = new Map<string, { type: string; value: unknown }>();

  /** The kind that ids are of: that of the field they stand in, if it is named after one */
  #kind = 'Server';

  constructor(next: (below: number) => number) {
    this.#next = next;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#next(from.length)]!;
  }

  /** One operation with one to three root fields of a type. */
  operation(root: GraphQLObjectType, fields: readonly GraphQLField<unknown, unknown>[]): RandomOperation {
    const selected = Array.from({ length: 1 + this.#next(3) }, (_, n) => this.#field(this.#pick(fields), `r${n}`, 4));
    const declared = [...this.#variables].map(([name, { type }]) => `$${name}: ${type}`);
    const head = `${root.name.toLowerCase()}${declared.length > 0 ? `(${declared.join(', ')})` : ''}`;
    const variables = Object.fromEntries([...this.#variables].map(([name, { value }]) => [name, value]));
    return { query: `${head} { ${selected.join(' ')} }`, variables };
  }

  #field(field: GraphQLField<unknown, unknown>, alias: string, depth: number): string {
    const given = field.args
      // Cursors that nobody gave out are refused before anything is done.
      .filter(
        (arg) => isRequiredArgument(arg) || (this.#next(2) === 0 && !['after', 'before', 'last'].includes(arg.name)),
      )
      .map((arg) => `${arg.name}: ${this.#argument(arg)}`);
    const called = `${alias}: ${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''}`;
    const type = getNamedType(field.type);
    if (isObjectType(type)) return `${called} { __typename ${this.#selection(type, depth)} }`;
    return isCompositeType(type) ? `${called} { __typename }` : called;
  }

  #selection(type: GraphQLObjectType, depth: number): string {
    return Object.values(type.getFields())
      .filter(({ name, type: far }) => {
        if (isCompositeType(getNamedType(far)) && depth === 0) return false;
        return name === 'nodes' || this.#next(3) === 0;
      })
      .slice(0, 6)
      .map((field, n) => this.#field(field, `f${n}`, depth - 1))
      .join(' ');
  }

  /** A variable, one that is there already if it has the type, or a page's size as it is. */
  #argument({ type }: GraphQLArgument): string {
    if (getNamedType(type).name === 'Int') return String(this.#pick([1, 2, 10, 100, 300]));
    const same = [...this.#variables].filter(([, one]) => one.type === String(type));
    if (same.length > 0 && this.#next(4) > 0) return `$${this.#pick(same)[0]}`;
    const name = `v${this.#variables.size}`;
    this.#variables.set(name, { type: String(type), value: this.#value(type, this.#pick(SIZES), 0) });
    return `$${name}`;
  }

  /** A value with so many conditions in it, about. */
  #value(given: GraphQLInputType, size: number, depth: number): unknown {
    const type = getNullableType(given);
    if (isListType(type)) {
      const item = type.ofType;
      const length = isInputObjectType(getNamedType(item)) ? Math.min(size, this.#pick([1, 2, 10, 100, size])) : size;
      return Array.from({ length }, () => this.#value(item, Math.floor(size / Math.max(1, length)), depth + 1));
    }
    if (isInputObjectType(type)) return this.#object(type, size, depth);
    if (isEnumType(type)) return this.#pick(type.getValues()).name;
    const n = this.#next(1_000);
    const values: Record<string, unknown> = {
      Int: n,
      Float: n / 10,
      Boolean: n % 2 === 0,
      ID: `${this.#kind}:${uuid(n)}`,
      Counter: n,
      DateTime: new Date(1_700_000_000_000 + n).toISOString(),
      Revision: `rev:${this.#pick([1, 2, 10])}`,
      Labels: Object.fromEntries(Array.from({ length: Math.min(size, 60) }, (_, i) => [`k${i}`, 'v'])),
      Manifest: { apiVersion: 'lab/v1', kind: 'Network', metadata: { name: `n${n}` }, spec: {} },
    };
    return values[type.name] ?? `${this.#pick(WORDS)}${n}`;
  }

  #object(type: GraphQLInputObjectType, size: number, depth: number): Record<string, unknown> {
    const fields = Object.values(type.getFields());
    const one = (field: GraphQLInputField, share: number) => [field.name, this.#entry(field, share, depth)] as const;
    if (type.isOneOf) return Object.fromEntries([one(this.#pick(fields), size)]);
    const deep = depth > 7;
    const nested = fields.filter(({ name }) => ['and', 'or', 'not'].includes(name));
    // As many as asked for only fit into lists of alternatives.
    if (size > 3 && nested.length > 0 && !deep) return Object.fromEntries([one(this.#pick(nested), size)]);
    const chosen = fields.filter(
      (field) => isRequiredInputField(field) || (!nested.includes(field) && this.#next(4) === 0),
    );
    return Object.fromEntries(chosen.map((field) => one(field, Math.ceil(size / Math.max(1, chosen.length)))));
  }

  #entry(field: GraphQLInputField, size: number, depth: number): unknown {
    const kind = KINDS.find((one) => one.toLowerCase() === field.name);
    if (kind !== undefined) this.#kind = kind;
    if (field.name !== 'labels' || getNamedType(field.type).name !== 'String')
      return this.#value(field.type, size, depth + 1);
    const form = this.#pick(['k=v', '!k', 'k', 'k!=v', 'k in (a,b)']);
    return Array.from({ length: size }, () => form.replace('k', `k${this.#next(1_000)}`)).join(',');
  }
}

/** What only administrators may ask. */
const administered = /^(user|role|token|session|agent|audit)/;
/** Fields that read, and those mutations that change nothing of who asks. */
const changing = /^(create(?!Token|SignInLink)|update|delete|apply|undo|retire|provision)/;

/** Makes one valid operation after another. */
export function randomOperations(schema: GraphQLSchema, seed: number): () => RandomOperation {
  const next = random(seed);
  const query = schema.getQueryType()!;
  const mutation = schema.getMutationType()!;
  const reads = Object.values(query.getFields()).filter(({ name }) => !administered.test(name));
  const writes = Object.values(mutation.getFields()).filter(({ name }) => changing.test(name));
  return () => {
    for (;;) {
      const maker = new Maker(next);
      const made = next(10) === 0 ? maker.operation(mutation, writes) : maker.operation(query, reads);
      if (validate(schema, parse(made.query)).length === 0) return made;
    }
  };
}
