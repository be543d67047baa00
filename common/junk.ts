// Recognises placeholders that vendors ship instead of serial numbers and UUIDs: they identify no machine.

/** Compared without case, spaces and punctuation. */
const PLACEHOLDERS = new Set(
  [
    'To Be Filled By O.E.M.',
    'To Be Filled By OEM',
    'Default string',
    'System Serial Number',
    'Chassis Serial Number',
    'Base Board Serial Number',
    'Board Serial Number',
    'Serial Number',
    'SerialNumber',
    'SerNum',
    'Not Specified',
    'Not Applicable',
    'Not Available',
    'Not Present',
    'Not Provided',
    'Not Settable',
    'Not Set',
    'None',
    'Null',
    'N/A',
    'NA',
    'Unknown',
    'Undefined',
    'Invalid',
    'Empty',
    'OEM',
    'O.E.M.',
    'Filled By O.E.M.',
    'System Product Name',
    'System manufacturer',
    'Default',
    'Test',
    'Sample',
    'INVALID',
    'EVAL',
    'Type1ProductConfigId',
    'VMware Virtual Platform',
    'QEMU',
    'QEMU HARDDISK',
    'Virtual Disk',
    '123456789',
    '0123456789',
    '1234567890',
    '12345678',
    '1234567',
    '123456',
    '12345',
    'ABCDEF',
    '0123456789ABCDEF',
  ].map(withoutPunctuation),
);

/** UUIDs that whole product lines share, digits only. */
const SHARED_UUIDS = new Set([
  '03000200040005000006000700080009',
  '00020003000400050006000700080009',
  '12345678123456781234567812345678',
  '12345678123412341234123456789abc',
  '00112233445566778899aabbccddeeff',
  'ffffffffffff00000000000000000000',
]);

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/;

function withoutPunctuation(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

/** Matches one character, or two, repeated. */
const isRepeated = (text: string) => /^(.)\1*$/.test(text) || /^(..)\1{2,}$/.test(text);

/** A serial number, of a machine or a disk, as it can be compared; undefined for none and for junk. */
export function usableSerial(text: string | null | undefined): string | undefined {
  const squeezed = withoutPunctuation(text ?? '');
  if (squeezed.length < 2 || isRepeated(squeezed) || PLACEHOLDERS.has(squeezed)) return undefined;
  return text!.trim();
}

/**
 * A UUID with the bytes of its first three fields in the other order: firmware stores them so, and of two programs that read it
 * one may turn them, the other not (SMBIOS 2.6, 7.2.1).
 */
export const turnedUuid = (uuid: string): string =>
  uuid.replace(/^(..)(..)(..)(..)-(..)(..)-(..)(..)/, '$4$3$2$1-$6$5-$8$7');

/** The same for both orders of a usable UUID's bytes. */
export const comparableUuid = (uuid: string): string => {
  const turned = turnedUuid(uuid);
  return turned < uuid ? turned : uuid;
};

/** The same for a usable serial number in whichever case it is written. */
export const comparableSerial = (serial: string): string => serial.toLowerCase();

/** A DMI UUID in lower case with hyphens; undefined for none and for junk. */
export function usableUuid(text: string | null | undefined): string | undefined {
  const lower = (text ?? '').trim().toLowerCase();
  if (!UUID.test(lower)) return undefined;
  const digits = lower.replaceAll('-', '');
  const uuid = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const isShared = [digits, turnedUuid(uuid).replaceAll('-', '')].some((one) => SHARED_UUIDS.has(one));
  return isRepeated(digits) || isShared ? undefined : uuid;
}
