// Makes one file of the shell: starting it then takes reading one file instead of two thousand.
import { build } from 'esbuild';

await build({
  entryPoints: ['@mongosh/cli-repl/lib/run.js'],
  outfile: process.argv[2],
  bundle: true,
  platform: 'node',
  target: 'node18',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'error',
  // Optional parts: each is asked for at run time, within a `try`, and done without.
  external: [
    '@babel/preset-typescript/package.json', '@mongodb-js/zstd', 'aws4', 'bindings', 'cpu-features', 'electron',
    'gcp-metadata', 'ipv6-normalize', 'kerberos', 'mongodb-client-encryption', 'mongodb-crypt-library-version',
    'os-dns-native', 'snappy', 'source-map', 'ssh2',
  ],
});
