// How machines are called that nobody has named.
import { macDigits } from './mac.ts';

/** The name that a machine gets at its discovery, by the normalised MAC that it boots from. */
export const firstName = (mac: string): string => `m-${macDigits(mac)}`;

/** How a machine is called: as labd does, or would at its discovery. */
export const nameOf = ({ name, mac }: { readonly name?: string | undefined; readonly mac: string }): string =>
  name ?? firstName(mac);
