/** A worker thread's first file: Node 20 cannot load TypeScript by itself. */
require('tsx/cjs');
require('./worker');
