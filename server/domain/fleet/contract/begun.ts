// What a bastion says of an install that people asked of it while it had no labd: what was to be installed, and on which disk.
import { demandRight } from '../../../../common/checked.ts';
import { resolvedParameters } from '../../../../common/install/parameterShapes.ts';
import { listOf, numberOf, orNull, partsOf, textOf, wordOf } from '../../../../common/shapes.ts';
import type { BegunInput } from './input.ts';

/** As the columns of an attempt have it. */
export interface Begun {
  /** Values by name, and where each is from */
  parameters: object;
  disk: object;
  files: readonly object[];
}

const disk = partsOf({
  name: { shape: textOf() },
  serial: { shape: orNull(textOf()), absent: null },
  wwn: { shape: orNull(textOf()), absent: null },
  sizeGb: { shape: orNull(numberOf(0, 1e12)), absent: null },
});

const files = listOf(
  partsOf({
    use: { shape: wordOf(['kernel', 'initrd', 'stage2', 'root']) },
    path: { shape: textOf({ most: 1_024 }) },
    sha256: { shape: orNull(textOf({ most: 64 })), absent: null },
  }),
  32,
);

/** Throws InvalidInput that names the field. */
export function parseBegun(given: BegunInput, path: string): Begun {
  const values = demandRight(resolvedParameters(`${path}.parameters`, given.parameters)) as Record<string, unknown>;
  const parameters = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { value, from: 'bastion' }]),
  );
  return {
    parameters,
    disk: demandRight(orNull(disk)(`${path}.disk`, given.disk ?? null)) ?? {},
    files: demandRight(files(`${path}.files`, given.files)) as object[],
  };
}
