/** Files that instances fetch by short-lived URLs: the agent's bundle and the Node runtimes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import type { Architecture } from '../core/plan/plan';
import { agentBundle } from './bundles';
import { NODE_RUNTIMES } from './node-runtime';
import { PROJECT_ROOT } from './project-root';

export interface NodeAsset {
  readonly key: string;
  /** Hex. */
  readonly sha256: string;
}

export class NodeAssets extends Construct {
  /** The bucket that `cdk bootstrap` made. */
  readonly bucketName: string;
  readonly agent: NodeAsset;
  readonly runtimes: Readonly<Record<Architecture, NodeAsset>>;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const path = agentBundle();
    const agent = new Asset(this, 'Agent', { path, displayName: 'runctl agent' });
    this.bucketName = agent.s3BucketName;
    this.agent = { key: agent.s3ObjectKey, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };
    this.runtimes = { x86_64: this.#runtime('x86_64'), arm64: this.#runtime('arm64') };
  }

  #runtime(architecture: Architecture): NodeAsset {
    const { sha256, version } = NODE_RUNTIMES[architecture];
    // Relative to where cdk runs, as the asset manifest is: an absolute path would not survive a move of cdk.out.
    const script = relative(process.cwd(), join(PROJECT_ROOT, 'scripts', 'pack-node-runtime.ts'));
    const { objectKey } = Stack.of(this).synthesizer.addFileAsset({
      sourceHash: sha256,
      executable: ['npx', 'tsx', script, architecture],
      displayName: `Node ${version} for ${architecture}`,
    });
    return { key: objectKey, sha256 };
  }
}
