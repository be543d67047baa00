// What people may set on each kind, as the graph's inputs say it: the command line makes flags and manifests of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, getNamedType, isListType, isNonNullType, getNullableType } from 'graphql';

/**
 * Writes the fields of every `Create…Input` of a graph.
 * @param {string} sdl the file that the graph is printed in
 * @param {string} target
 */
export function writeInputs(sdl, target) {
  const types = Object.values(buildSchema(readFileSync(sdl, 'utf8')).getTypeMap());
  const inputs = types.flatMap((type) => {
    const [, kind] = /^Create(\w+)Input$/.exec(type.name) ?? [];
    // One constant a kind, so that a bundle has those that it uses.
    return kind
      ? [`export const ${kind} = ${JSON.stringify(Object.values(type.getFields()).map(fieldOf))} as const;\n`]
      : [];
  });
  writeFileSync(target, `/* The fields of the graph's inputs, by kind. */\n${inputs.join('')}`);
}

const fieldOf = ({ name, type, description }) => ({
  name,
  type: getNamedType(type).name,
  list: isListType(getNullableType(type)),
  required: isNonNullType(type),
  description,
});
