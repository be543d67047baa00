// What nothing uses: exports, files and packages. `npm run lint` asks for it.

export default {
  // An entry's own exports are looked at too.
  includeEntryExports: true,
  entry: [
    'server/main.ts',
    'server/store/seed.ts',
    'server/store/embedded/worker.mjs',
    'server/graphiql/app.jsx',
    'cli/main.ts',
    'bastion/main.ts',
    'scripts/*.{ts,mjs}',
    'scripts/start/start.mjs',
    'tests/**/*.test.ts',
    'tests/bench/*.{mjs,ts}',
    // Runs in another network namespace.
    'tests/bastion/dhcp/udp.mjs',
  ],
  project: ['{schema,server,cli,bastion,common,scripts,tests}/**/*.{ts,tsx,jsx,mjs,js}', '*.{ts,js}'],
  // What the benchmark compares with is a package of its own.
  ignore: ['tests/bench/peers/**'],
  // The benchmark's build puts this file in place of another, which labd imports.
  ignoreIssues: { 'tests/bench/open.ts': ['exports'] },
  ignoreDependencies: [
    // Imported by generated code alone.
    '@graphql-typed-document-node/core',
    // A test and scripts/columns.mjs require it, so that it is not loaded with the others.
    '@prisma/prisma-schema-wasm',
    // Comes with graphiql, whose version it must have.
    '@graphiql/toolkit',
    // A generator that @pothos/plugin-prisma brings.
    'prisma-pothos-types',
    // Comes with @prisma/adapter-pg, whose version it must have.
    '@prisma/driver-adapter-utils',
  ],
  // Util-linux's give the tests a terminal, and disks of their own. Busybox has what installers have; dnsmasq serves DHCP; QEMU boots Debian's kernel;
  // ipmitool powers machines, and ipmi_sim makes them up.
  ignoreBinaries: [
    ...['script', 'mount', 'umount', 'busybox', 'dnsmasq', 'dpkg', 'qemu-system-x86_64', 'shellcheck'],
    ...['ipmitool', 'ipmi_sim', 'ps', 'grub-mkimage', 'mformat', 'mmd', 'mcopy'],
  ],
};
