// A switch that says what it is by LLDP (IEEE 802.1AB) on the port that a machine is on.
import type { Net, Tap } from './net.ts';

/** A part of a frame: seven bits of type and nine of length, then its content. */
const part = (type: number, ...content: (number | string)[]): Buffer => {
  const value = Buffer.concat(content.map((one) => (typeof one === 'string' ? Buffer.from(one) : Buffer.of(one))));
  const head = Buffer.alloc(2);
  head.writeUInt16BE((type << 9) | value.length);
  return Buffer.concat([head, value]);
};

const GROUP = '0180c200000e';

const frame = (name: string, port: string): string =>
  Buffer.concat([
    Buffer.from(`${GROUP}020000000001` + '88cc', 'hex'),
    // By a MAC, by an interface's name, for two minutes, and the name of the switch.
    part(1, 4, 2, 0, 0, 0, 0, 1),
    part(2, 5, port),
    part(3, 0, 120),
    part(5, name),
    part(0),
  ]).toString('hex');

// Past the bridge, which passes on no such frame: a switch answers for itself.
const PROGRAM = `my ($on, $frame) = @ARGV;
open(my $file, '<', "/sys/class/net/$on/ifindex") or die $!;
my $to = pack('SnlSCCa8', 17, 0x88cc, scalar <$file>, 1, 0, 6, pack('H*', '${GROUP}'));
socket(my $socket, 17, 3, 0) or die $!;
for (1 .. 600) { send($socket, pack('H*', $frame), 0, $to) or die $!; sleep 1 }`;

/** Says it every second, for ten minutes at most. */
export const neighbour = (net: Net, on: Tap, name: string, port: string): void =>
  void net.start('perl', ['-e', PROGRAM, on, frame(name, port)], 'neighbour.log');
