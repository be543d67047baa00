// A UDP socket in another network namespace: sends what lines of JSON on the input say, and writes what arrives as such lines.
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [port] = process.argv.slice(2);
const receiver = createSocket({ type: 'udp4', reuseAddr: true });
receiver.on('message', (bytes, from) =>
  console.log(JSON.stringify({ hex: bytes.toString('hex'), from: from.address })),
);
receiver.bind({ port: Number(port), address: '0.0.0.0' }, () => {
  receiver.setBroadcast(true);
  console.log(JSON.stringify({ ready: true }));
});
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { hex, to, toPort } = JSON.parse(line);
    receiver.send(Buffer.from(hex, 'hex'), toPort, to);
  })
  .on('close', () => process.exit(0));
