import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  build: {
    outDir: '../build/ui',
    emptyOutDir: true,
    target: 'es2022',
    // The server's Content-Security-Policy lets only files in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
