// The kinds of firmware that boot from the network, and the file that each is given: iPXE, which then asks for a script.

export interface Client {
  /** As dnsmasq is told to call it */
  readonly tag: string;
  /** For people */
  readonly title: string;
  /** Values of DHCP option 93, by IANA's registry of processor architecture types (RFC 4578, RFC 7440) */
  readonly architectures: readonly number[];
  readonly file: string;
  /** What another iPXE binary for it ends with; null where none can be chosen */
  readonly ending: '.efi' | 'pxe' | null;
  /** Gets the file by HTTP, from an address in the offer; the others by TFTP */
  readonly http: boolean;
  /** Options that the offer must have for the firmware to take it, as dnsmasq is told them */
  readonly options: readonly string[];
}

/**
 * Option 60 echoed, and with it option 43: the boot file is to be taken as it is (PXE_DISCOVERY_CONTROL, bit 3). Without that
 * EDK2 finds no valid offer in one that says PXEClient (PXE 2.1, 2.4.3; measured with OVMF).
 */
const PXE = ['60,PXEClient', '43,06:01:08'];
const HTTP = ['60,HTTPClient'];

const rows: readonly (readonly [
  tag: string,
  title: string,
  architectures: readonly number[],
  file: string,
  ending: Client['ending'],
  http: boolean,
  options: readonly string[],
])[] = [
  ['bios', 'BIOS', [0], 'undionly.kpxe', 'pxe', false, []],
  // OVMF says 7; boards exist that say 9, and a boot loop where only one of the two is answered.
  ['efi', 'UEFI', [7, 9], 'ipxe.efi', '.efi', false, PXE],
  ['http', 'UEFI HTTP boot', [16], 'ipxe.efi', '.efi', true, HTTP],
  ['arm', 'arm64 UEFI', [11], 'ipxe-arm64.efi', null, false, PXE],
  ['httparm', 'arm64 UEFI HTTP boot', [19], 'ipxe-arm64.efi', null, true, HTTP],
];

export const clients: readonly Client[] = rows.map(([tag, title, architectures, file, ending, http, options]) => ({
  tag,
  title,
  architectures,
  file,
  ending,
  http,
  options,
}));
