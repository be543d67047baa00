// Debian's ipmi_sim: a management controller whose chassis is a script.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Bmc } from '../../../common/power/bmc.ts';
import { createPower } from '../../../bastion/power/power.ts';
import { until } from '../support.ts';

export const USER = 'ipmiusr';
export const PASSWORD = 'geheim$HOME';

/** A free UDP port. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

interface Chassis {
  /** Cases of a shell for `$name`, which answer what it is */
  readonly get: string;
  /** The same that set it to `$1` */
  readonly set: string;
}

/** A machine that is the file `power`; what it is told about booting is in the file `boot`. */
const files: Chassis = {
  get: 'power) echo "power:$(cat power)" ;; boot) echo "boot:$(cat boot)" ;;',
  set: 'power) printf %s "$1" >power ;; boot) printf %s "$1" >boot ;; reset) echo reset >>resets ;;',
};

/** A machine that a test powers: what is done to it is asked of a socket, which answers 1 when it is on then, and 0 when not. */
export const asked = (socket: string): Chassis => ({
  get: `power) echo "power:$(curl -s --unix-socket ${socket} http://chassis/)" ;; boot) echo "boot:default" ;;`,
  set: `power|reset|boot) curl -s --unix-socket ${socket} "http://chassis/$name/$1" >/dev/null ;;`,
});

/** What can be done to it, and whether it is on. */
export interface Powered {
  readonly isOn: () => boolean | Promise<boolean>;
  readonly deeds: Readonly<Record<'power/1' | 'power/0' | 'reset/1' | 'boot/pxe', () => unknown>>;
}

/** Listens on that socket, until the returned function is called. */
export async function answerChassis(socket: string, { isOn, deeds }: Powered): Promise<() => void> {
  const chassis = createServer((request, response) => {
    const deed = deeds[request.url?.slice(1) as keyof typeof deeds];
    void Promise.resolve(deed?.())
      .then(isOn)
      .then((on) => response.end(on ? '1' : '0'));
  });
  await new Promise<void>((resolve) => chassis.listen(socket, resolve));
  return () => void chassis.close();
}

/** Writes what one consists of into a folder; returns what `ipmi_sim` is started with. */
export async function layController(dir: string, port: number, { get, set }: Chassis): Promise<string[]> {
  const script = join(dir, 'chassis');
  await mkdir(join(dir, 'state'));
  await writeFile(join(dir, 'power'), '0');
  await writeFile(join(dir, 'boot'), 'default');
  // Words: the MAC of the management controller, get or set, then names and values.
  await writeFile(
    script,
    `#!/bin/sh
cd ${dir} || exit 1
shift
verb=$1; shift
echo "$verb $*" >>said
while [ $# -gt 0 ]; do
  name=$1
  if [ "$verb" = get ]; then
    case $name in ${get} esac
  else
    shift
    case $name in ${set} esac
  fi
  shift
done
`,
  );
  await chmod(script, 0o755);
  await writeFile(
    join(dir, 'lan.conf'),
    `name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${script} 0x20"
  user 1 true "" "" user 10 none md2 md5 straight
  user 2 true "${USER}" "${PASSWORD}" admin 10 none md2 md5 straight
`,
  );
  await writeFile(
    join(dir, 'sim.emu'),
    `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`,
  );
  return ['-c', join(dir, 'lan.conf'), '-f', join(dir, 'sim.emu'), '-s', join(dir, 'state'), '-n'];
}

/** Starts one; ended with the test. */
export async function simulator(chassis: Chassis = files): Promise<{
  readonly bmc: Bmc;
  readonly read: (name: string) => Promise<string>;
}> {
  const dir = await mkdtemp(join(tmpdir(), 'lab-ipmi-'));
  const port = await freePort();
  const child = spawn('ipmi_sim', await layController(dir, port, chassis), { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => void (output += data.toString()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });
  const read = (name: string) => readFile(join(dir, name), 'utf8').catch(() => '');
  const bmc: Bmc = { type: 'ipmi', address: `127.0.0.1:${port}`, user: USER, password: PASSWORD };
  const power = createPower({ interfaces: [], waits: { answer: 20_000 } });
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`ipmi_sim ended: ${output}`);
    return power({ action: 'status', bmc, macs: [], firmware: null }).then(
      () => true,
      () => false,
    );
  });
  return { bmc, read };
}
