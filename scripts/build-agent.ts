/** Bundles the agent into one file, as synth does. Usage: npm run build:agent */
import { statSync } from 'node:fs';
import { agentBundle } from '../lib/bundles';

const path = agentBundle();
console.log(`${path}: ${Math.round(statSync(path).size / 1024)} KiB`);
