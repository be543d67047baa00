// Secrets: a value that is sealed under a reference, which is all that the row, the change log and people have of it.
import { type Checked, right, wrong } from '../../../common/checked.ts';
import { type Asking, type Fields, named, text } from '../objects/fields.ts';
import { type Inventory, placeIn, type Row } from '../objects/objects.ts';
import type { Permissions } from '../objects/types.ts';
import { SecretDamaged } from '../secrets/keyring.ts';
import { sealedName } from '../secrets/secrets.ts';
import type { Writer } from '../../store/types.ts';

/** Bytes that a value may have, as UTF-8. */
const MOST = 65_536;

/** A text, not empty and not too long. What is said of it never shows it. */
function checkValue(field: string, value: string): Checked<string> {
  const bytes = Buffer.from(value);
  if (bytes.length === 0) return wrong(field, 'It is empty.', 'Give a value, or delete the secret.');
  if (bytes.length > MOST)
    return wrong(
      field,
      `It has ${bytes.length.toLocaleString('en')} bytes.`,
      `Use at most ${MOST.toLocaleString('en')}.`,
    );
  // Half a character would come back as another one.
  if (bytes.toString() !== value) return wrong(field, 'It is no text.', 'Encode what is no text, such as with base64.');
  return right(value);
}

/** Whether a reference stands for a value. What was damaged is replaced by whatever comes. */
async function isValue({ secrets }: Permissions, { client }: Writer, ref: unknown, value: string): Promise<boolean> {
  try {
    return (await secrets.get(client, sealedName(ref))) === value;
  } catch (error) {
    if (error instanceof SecretDamaged) return false;
    throw error;
  }
}

/** The reference for a value: the present one when it stands for that already. Throws NoSecretKey. */
async function refFor(value: string, { tx, before, may }: Asking): Promise<string> {
  may.secrets.demandKey();
  const present = before?.['secretRef'];
  return present !== undefined && (await isValue(may, tx, present, value)) ? String(present) : tx.system.uuid();
}

/** What people decide about a secret. */
const fields = {
  ...named,
  description: {
    type: text,
    absent: '',
    nullMeansAbsent: true,
    description: 'What it is for, in a sentence for people.',
  },
  value: {
    type: { is: 'sealed' },
    required: true,
    column: 'secretRef',
    check: checkValue,
    write: refFor,
    toldAs: 'secretRef',
    description: `The value: a text of at most ${MOST.toLocaleString('en')} bytes, which nobody is told.`,
  },
  secretRef: {
    type: text,
    echo: 'Leave it out and the value stays; to replace that give spec.value, or read the secret again.',
    description: 'What stands for the value, as it was read.',
  },
} satisfies Fields;

export const secret: Inventory = {
  kind: 'Secret',
  noun: 'secret',
  fields,
  // Whether a value is the present one is told to nobody who could not replace it.
  guard: (_tx, before, may) => may.demand('apply', 'Secret', { ...placeIn(before), id: before.id }),
  after: async (tx, before, after, { input, may }) => {
    const [old, next] = [before, after].map((row: Row | null) => row?.['secretRef']);
    if (old === next) return;
    if (old !== undefined) await may.secrets.remove(tx, sealedName(old));
    if (next !== undefined) await may.secrets.put(tx, sealedName(next), String(input['value']));
  },
};
