// `npm start`: labd and one bastion on loopback, a dozen simulated machines, and the first command's output.
import { ensureInstalled, root } from '../ensure-installed.mjs';

await ensureInstalled();
// Only now: what these need may have been installed a moment ago, and an old Node has been sent away.
const { readOptions, usage } = await import('./options.mjs');
const { runDemo } = await import('./demo.mjs');

let options;
try {
  options = readOptions(process.argv.slice(2), process.env, root);
} catch (error) {
  console.error(`${error.message}\n\n${usage}`);
  process.exit(2);
}
if (options.help) console.log(usage);
else process.exit(await runDemo(options));
