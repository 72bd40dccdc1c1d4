import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';

// packed leaves what browsers take compressed in that form alone: the server unpacks it for the few that do not.
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    async writeBundle({ dir }) {
      for (const entry of await readdir(dir!, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
        await rm(file);
      }
    },
  };
}

// In development the pages come from Vite and everything else from a server that runs at AIRCHECK.
// The host stays the one that the page came from: the server takes no login from pages of others.
const server = { target: process.env.AIRCHECK ?? 'http://127.0.0.1:8080', changeOrigin: false };

export default defineConfig({
  base: '/console/',
  cacheDir: process.env.VITE_CACHE ?? 'node_modules/.vite',
  plugins: [react(), packed()],
  build: { outDir: '../dist', emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 900, modulePreload: { polyfill: false } },
  server: { proxy: { '^/(?!console/(?!session|password|events|preview))': server, '/console/session': server, '/console/password': server, '/console/events': server, '/console/preview': server } },
  test: { environment: 'jsdom', globals: false, setupFiles: ['src/testing.ts'], testTimeout: 60_000 },
});
