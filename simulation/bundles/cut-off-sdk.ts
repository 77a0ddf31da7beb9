/**
 * Replaces the AWS SDK's packages: a client's `send` hands the command's input to the world, as it is, without a wire
 * format. What has no such replacement fails the build.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/** Package → the local cloud's service. */
const SERVICES: Readonly<Record<string, string>> = {
  '@aws-sdk/client-cloudwatch': 'monitoring',
  '@aws-sdk/client-cloudwatch-logs': 'logs',
  '@aws-sdk/client-dynamodb': 'dynamodb',
  '@aws-sdk/client-ec2': 'ec2',
  '@aws-sdk/client-eventbridge': 'events',
  '@aws-sdk/client-lambda': 'lambda',
  '@aws-sdk/client-pricing': 'pricing',
  '@aws-sdk/client-s3': 's3',
  '@aws-sdk/client-secrets-manager': 'secretsmanager',
  '@aws-sdk/client-service-quotas': 'servicequotas',
  '@aws-sdk/client-sfn': 'states',
  '@aws-sdk/client-sns': 'sns',
  '@aws-sdk/client-sqs': 'sqs',
  '@aws-sdk/client-ssm': 'ssm',
  '@aws-sdk/client-sts': 'sts',
};
const DOCUMENT_CLIENT = '@aws-sdk/lib-dynamodb';
const PRESIGNER = '@aws-sdk/s3-request-presigner';

/** Speaks with nobody. */
const CALCULATES = /^@aws-sdk\/checksums\//;

/** The module that a world provides: see functions/sdk.ts. */
export const SDK_MODULE = 'simulation:sdk';

/** What the sources import of each of the SDK's packages. */
export function namesByPackage(folders: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>();
  for (const text of folders.flatMap(sourcesBelow)) {
    for (const [, list = '', from = ''] of text.matchAll(/import\s*\{([^}]*)\}\s*from\s*'(@aws-sdk\/[^']+)'/g)) {
      const found = names.get(from) ?? new Set();
      for (const item of list.split(',').map((part) => part.trim())) {
        if (item !== '' && !item.startsWith('type ')) found.add(item.split(' as ')[0] ?? item);
      }
      names.set(from, found);
    }
  }
  return names;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'));
}

export function cutOffSdk(names: ReadonlyMap<string, ReadonlySet<string>>): Plugin {
  return {
    name: 'cut-off-sdk',
    setup(build) {
      build.onResolve({ filter: /^@aws-sdk\// }, ({ path }) =>
        CALCULATES.test(path) ? undefined : { path, namespace: 'sdk' },
      );
      build.onResolve({ filter: /^simulation:/ }, ({ path }) => ({ path, external: true }));
      build.onLoad({ filter: /.*/, namespace: 'sdk' }, ({ path }) => {
        const lines = [...(names.get(path) ?? [])].map((name) => `export const ${name} = ${replacement(path, name)};`);
        return { contents: [`import sdk from '${SDK_MODULE}';`, ...lines].join('\n'), resolveDir: '/' };
      });
    },
  };
}

/** An expression. Throws for what no world could provide. */
function replacement(from: string, name: string): string {
  const service = SERVICES[from];
  if (from === DOCUMENT_CLIENT && name === 'DynamoDBDocumentClient') return '/* @__PURE__ */ sdk.documentClient()';
  if (from === PRESIGNER && name === 'getSignedUrl') return '/* @__PURE__ */ sdk.presigner()';
  if (service !== undefined && name.endsWith('Client')) return `/* @__PURE__ */ sdk.client('${service}')`;
  const isKnown = service !== undefined || from === DOCUMENT_CLIENT;
  if (isKnown && name.endsWith('Command')) return `/* @__PURE__ */ sdk.command('${name.slice(0, -'Command'.length)}')`;
  return `(() => { throw new Error('The simulation has no ${name} of ${from}.'); })`;
}
