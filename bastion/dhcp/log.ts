// Reads what dnsmasq logs of its exchanges, line by line: which machine asked, what it said of itself, what it was given.
import { normaliseMac } from '../../common/mac.ts';

/** What happened between a machine and the DHCP server. */
export interface DhcpSighting {
  readonly mac: string;
  readonly event: 'asked' | 'offered' | 'leased' | 'released' | 'ignored' | 'refused';
  readonly interface: string;
  /** What it was offered or has */
  readonly ip?: string;
  /** What it says of itself; hostile, as all that machines say */
  readonly vendorClass?: string;
  /** The processor architecture by IANA's registry, when its vendor class says one */
  readonly architecture?: number;
}

const MESSAGES: Readonly<Record<string, DhcpSighting['event']>> = {
  DHCPDISCOVER: 'asked',
  DHCPREQUEST: 'asked',
  DHCPOFFER: 'offered',
  DHCPACK: 'leased',
  DHCPNAK: 'refused',
  DHCPDECLINE: 'released',
  DHCPRELEASE: 'released',
  // Proxy mode: it says what to boot, and gives no address.
  PXE: 'offered',
};

/** How dnsmasq says that it leaves a client to others. */
const IGNORED = /^(?:proxy-)?ignored$/;

const EXCHANGE = /^dnsmasq-dhcp(?:\[\d+\])?: (\d+) (.*)$/;
const MESSAGE = /^([A-Z]+)\(([^)]{1,15})\) (?:(\d+\.\d+\.\d+\.\d+) )?([0-9a-f]{2}(?::[0-9a-f]{2}){5})(?: (.*))?$/;
const VENDOR = /^vendor class: (.*)$/;

/** Exchanges that are remembered, and characters that are kept of what a machine says. */
const most = { exchanges: 256, said: 128 };

/** Makes a reader of lines. What one exchange says in several lines it puts together. */
export function createLogReader(onSeen: (sighting: DhcpSighting) => void): (line: string) => void {
  const exchanges = new Map<string, { vendorClass?: string; informs?: boolean }>();
  const remember = (exchange: string, more: { vendorClass?: string; informs?: boolean }) => {
    const known = exchanges.get(exchange);
    // Deleted and set, the newest are last.
    exchanges.delete(exchange);
    exchanges.set(exchange, { ...known, ...more });
    for (const oldest of exchanges.keys()) {
      if (exchanges.size <= most.exchanges) break;
      exchanges.delete(oldest);
    }
  };
  return (line) => {
    const [, exchange, rest] = EXCHANGE.exec(line.trimEnd()) ?? [];
    if (exchange === undefined || rest === undefined) return;
    const vendorClass = VENDOR.exec(rest)?.[1];
    if (vendorClass !== undefined) return remember(exchange, { vendorClass: vendorClass.slice(0, most.said) });
    const [, message, on, ip, written, more] = MESSAGE.exec(rest) ?? [];
    const mac = written === undefined ? null : normaliseMac(written);
    if (message === undefined || on === undefined || mac === null) return;
    // Who informs has an address that nobody leased to it: the acknowledgement says nothing of whose it is.
    if (message === 'DHCPINFORM') remember(exchange, { informs: true });
    const event = IGNORED.test(more ?? '') ? 'ignored' : MESSAGES[message];
    const said = exchanges.get(exchange);
    if (event === undefined || (event === 'leased' && said?.informs)) return;
    const architecture = /:Arch:(\d{5}):/.exec(said?.vendorClass ?? '')?.[1];
    onSeen({
      mac,
      event,
      interface: on,
      ...(ip === undefined ? {} : { ip }),
      ...(said?.vendorClass === undefined ? {} : { vendorClass: said.vendorClass }),
      ...(architecture === undefined ? {} : { architecture: Number(architecture) }),
    });
  };
}
