/**
 * Who may import whom. The domain (core/) knows nobody; adapters know the domain; entries know both; the local cloud is
 * built from contracts alone, so that it cannot lean on the code that it is there to try.
 */
const outsideOf = (...allowed) => ({ pathNot: [`^(${allowed.join('|')})/`, 'node_modules/', '^[^/]+$'] });

/** Folder → the project's folders that it may import. Those of ui/, whose files are TSX, are in biome.json. */
const ALLOWED = {
  core: ['core'],
  aws: ['aws', 'core'],
  lambdas: ['lambdas', 'aws', 'core'],
  lib: ['lib', 'core'],
  agent: ['agent', 'core'],
  local: ['local', 'core'],
  // The real code goes into its worlds as bundles; of the agent it knows the ports.
  simulation: ['simulation', 'local', 'agent', 'core'],
  cli: ['cli', 'core', 'schema'],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(ALLOWED).map(([folder, allowed]) => ({
      name: `${folder}-imports`,
      comment: `${folder}/ may import ${allowed.join(', ')} only.`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: { ...outsideOf(...allowed), dependencyTypesNot: ['core', 'npm', 'npm-dev', 'npm-peer', 'npm-optional'] },
    })),
    {
      name: 'no-circles',
      comment: 'What imports each other cannot be read, tried or moved alone; types count, too.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'core-has-no-sdk',
      comment:
        'The domain is pure: no SDK, no CDK, no file, process or network. Scales and shapes of plots are arithmetic.',
      severity: 'error',
      from: { path: '^core/' },
      to: {
        path: [
          'node_modules/(?!(zod|(@types/)?d3-scale|(@types/)?d3-shape)/)',
          '^(node:)?(fs|child_process|process|os|net|http|https|worker_threads)(/|$)',
        ],
      },
    },
    {
      name: 'lib-has-no-clients',
      comment: 'Constructs say what is deployed; they call nothing.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API for dependency-cruiser to parse with.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(cdk\\.out|build|\\.runctl)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
