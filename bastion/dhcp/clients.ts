// The kinds of firmware that boot from the network, and the file that each is given: iPXE, which then asks for a script.

export interface Client {
  /** As dnsmasq is told to call it */
  readonly tag: string;
  /** For people */
  readonly title: string;
  /** Values of DHCP option 93, by IANA's registry of processor architecture types (RFC 4578, RFC 7440) */
  readonly architectures: readonly number[];
  readonly file: string;
  /** Gets the file by HTTP, from an address in the offer; the others by TFTP */
  readonly http: boolean;
  /** What option 60 must say for the firmware to take the offer; null: nothing */
  readonly echo: string | null;
}

const rows: readonly (readonly [
  tag: string,
  title: string,
  architectures: readonly number[],
  file: string,
  http: boolean,
  echo: string | null,
])[] = [
  ['bios', 'BIOS', [0], 'undionly.kpxe', false, null],
  // OVMF says 7; boards exist that say 9, and a boot loop where only one of the two is answered.
  ['efi', 'UEFI', [7, 9], 'ipxe.efi', false, 'PXEClient'],
  ['http', 'UEFI HTTP boot', [16], 'ipxe.efi', true, 'HTTPClient'],
  ['arm', 'arm64 UEFI', [11], 'ipxe-arm64.efi', false, 'PXEClient'],
  ['httparm', 'arm64 UEFI HTTP boot', [19], 'ipxe-arm64.efi', true, 'HTTPClient'],
];

export const clients: readonly Client[] = rows.map(([tag, title, architectures, file, http, echo]) => ({
  tag,
  title,
  architectures,
  file,
  http,
  echo,
}));
