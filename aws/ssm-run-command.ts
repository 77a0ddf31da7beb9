/**
 * Starts the agent by SSM Run Command. SendCommand is not idempotent, starting on the instance is: a command that is
 * sent twice trains once.
 */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { SendCommandCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { RunctlError } from '../core/errors';
import type { Architecture } from '../core/plan/plan';
import type { RunCommand, StartCommand } from '../core/ports';
import { hasCode } from './errors';
import { chunks } from './pages';
import { SsmPresence } from './ssm-presence';

export interface Asset {
  key: string;
  /** Hex. */
  sha256: string;
}

export interface RunCommandOptions {
  ssm: SSMClient;
  /** Signs as this function's own role: the URLs die with its session, whatever their expiry says. */
  s3: S3Client;
  documentName: string;
  bucket: string;
  region: string;
  assetBucket: string;
  agent: Asset;
  runtimes: Record<Architecture, Asset>;
}

const URL_SECONDS = 3600;
/** An instance that does not take the command by then never will. */
const DELIVERY_SECONDS = 600;
/** Of SendCommand. */
const IDS_PER_COMMAND = 50;

export class SsmRunCommand extends SsmPresence implements RunCommand {
  constructor(private readonly options: RunCommandOptions) {
    super(options.ssm);
  }

  async start(command: StartCommand): Promise<string> {
    const { ssm, documentName } = this.options;
    const parameters = await this.#parameters(command);
    try {
      const sent: (string | undefined)[] = [];
      for (const ids of chunks(command.instanceIds, IDS_PER_COMMAND)) {
        const { Command } = await ssm.send(
          new SendCommandCommand({
            DocumentName: documentName,
            InstanceIds: ids,
            Parameters: parameters,
            TimeoutSeconds: DELIVERY_SECONDS,
            Comment: `runctl ${command.sessionId}`.slice(0, 100),
          }),
        );
        sent.push(Command?.CommandId);
      }
      const [commandId] = sent;
      if (commandId === undefined) throw new Error('SSM answered without a command id.');
      return commandId;
    } catch (error) {
      if (!hasCode(error, 'InvalidInstanceId')) throw error;
      throw new RunctlError('InstanceNotReady', 'An instance is not registered with Systems Manager yet.', {
        cause: error,
      });
    }
  }

  async #parameters({ sessionId, attempt, architecture }: StartCommand): Promise<Record<string, string[]>> {
    const { agent, runtimes, bucket, region } = this.options;
    const node = runtimes[architecture];
    const [agentUrl, nodeUrl] = await Promise.all([this.#sign(agent), this.#sign(node)]);
    return {
      sessionId: [sessionId],
      attempt: [String(attempt)],
      agentUrl: [agentUrl],
      agentSha256: [agent.sha256],
      nodeUrl: [nodeUrl],
      nodeSha256: [node.sha256],
      bucket: [bucket],
      region: [region],
    };
  }

  #sign({ key }: Asset): Promise<string> {
    const { s3, assetBucket } = this.options;
    return getSignedUrl(s3, new GetObjectCommand({ Bucket: assetBucket, Key: key }), { expiresIn: URL_SECONDS });
  }
}
