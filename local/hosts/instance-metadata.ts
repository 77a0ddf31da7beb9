/**
 * The instance metadata service (IMDSv2) of one host, on a loopback port of its own. Paths and documents as in the
 * EC2 user guide, "Instance metadata categories"; a request without a session token is refused with 401.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock';
import type { IssuedCredentials } from '../service';
import type { HostSpec } from './host';

/** Credentials of the instance's role; with the role's name where it differs from the instance profile's. */
export type IssueCredentials = (
  instanceProfileArn: string,
  instanceId: string,
) => (IssuedCredentials & { roleName?: string }) | Promise<IssuedCredentials & { roleName?: string }>;

type Leaf = () => string | Promise<string>;

const TOKEN_PATH = '/latest/api/token';
const TOKEN_HEADER = 'x-aws-ec2-metadata-token';
const TOKEN_TTL_HEADER = 'x-aws-ec2-metadata-token-ttl-seconds';
const LONGEST_TOKEN_SECONDS = 21_600;
/** EC2 makes new credentials available at least five minutes before the old ones expire. */
const RENEW_BEFORE_EXPIRY_MS = 5 * 60_000;

const isoSeconds = (atMs: number) => new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');

export class InstanceMetadata {
  readonly #server: Server;
  readonly #tokens = new Map<string, number>();
  #interruption?: { action: string; atMs: number };
  #rebalanceAtMs?: number;
  #credentials?: IssuedCredentials & { roleName?: string };

  constructor(
    readonly spec: HostSpec,
    readonly clock: Clock,
    readonly issueCredentials: IssueCredentials,
  ) {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    });
  }

  /** Starts serving and returns the endpoint, e.g. http://127.0.0.1:40123. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  showInterruption(notice: { action: string; atMs: number }): void {
    this.#interruption = notice;
  }

  showRebalance(noticedAtMs: number): void {
    this.#rebalanceAtMs = noticedAtMs;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (!this.spec.metadata.endpointEnabled) return void response.writeHead(403).end();
    if (path === TOKEN_PATH) return this.#issueToken(request, response);
    if (request.method !== 'GET') return void response.writeHead(405).end();
    const token = request.headers[TOKEN_HEADER];
    const isUnauthorised =
      token === undefined
        ? this.spec.metadata.tokensRequired
        : (this.#tokens.get(String(token)) ?? 0) <= this.clock.now();
    if (isUnauthorised) return void response.writeHead(401).end();
    const body = await this.#find(path.replace(/^\/latest\/?/, '').replace(/\/$/, ''));
    if (body === undefined) return void response.writeHead(404).end('404 - Not Found');
    response.writeHead(200, { 'content-type': 'text/plain' }).end(body);
  }

  #issueToken(request: IncomingMessage, response: ServerResponse): void {
    const ttlSeconds = Number(request.headers[TOKEN_TTL_HEADER]);
    if (request.method !== 'PUT') return void response.writeHead(405).end();
    // Requests that came through a proxy get no token (EC2 user guide, IMDSv2).
    if (request.headers['x-forwarded-for']) return void response.writeHead(403).end();
    if (!(ttlSeconds >= 1 && ttlSeconds <= LONGEST_TOKEN_SECONDS)) return void response.writeHead(400).end();
    const token = randomBytes(40).toString('base64');
    this.#tokens.set(token, this.clock.now() + ttlSeconds * 1000);
    response.writeHead(200, { [TOKEN_TTL_HEADER]: String(ttlSeconds) }).end(token);
  }

  /** A leaf's document, a folder's listing, or undefined. */
  async #find(path: string): Promise<string | undefined> {
    const leaves = await this.#leaves();
    const leaf = leaves.get(path);
    if (leaf) return leaf();
    const prefix = path === '' ? '' : `${path}/`;
    const names = [...leaves.keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).replace(/\/.*$/, '/'));
    return names.length > 0 ? [...new Set(names)].sort().join('\n') : undefined;
  }

  async #leaves(): Promise<Map<string, Leaf>> {
    const { spec } = this;
    const leaves = new Map<string, Leaf>([
      ['dynamic/instance-identity/document', () => this.#identityDocument()],
      ['meta-data/ami-id', () => spec.imageId],
      ['meta-data/hostname', () => spec.privateDnsName],
      ['meta-data/instance-action', () => 'none'],
      ['meta-data/instance-id', () => spec.instanceId],
      ['meta-data/instance-life-cycle', () => spec.lifecycle],
      ['meta-data/instance-type', () => spec.instanceType],
      ['meta-data/local-hostname', () => spec.privateDnsName],
      ['meta-data/local-ipv4', () => spec.privateIp],
      ['meta-data/placement/availability-zone', () => spec.availabilityZone],
      ['meta-data/placement/region', () => spec.region],
      ['meta-data/security-groups', () => spec.securityGroups.join('\n')],
      ['meta-data/services/domain', () => 'amazonaws.com'],
      ['meta-data/services/partition', () => 'aws'],
    ]);
    const { publicIp, userData } = spec;
    if (publicIp) leaves.set('meta-data/public-ipv4', () => publicIp);
    if (userData) leaves.set('user-data', () => Buffer.from(userData, 'base64').toString('utf8'));
    if (spec.instanceProfileArn) await this.#addRole(leaves, spec.instanceProfileArn);
    if (spec.metadata.tagsEnabled) {
      for (const [key, value] of spec.tags()) leaves.set(`meta-data/tags/instance/${key}`, () => value);
    }
    this.#addNotices(leaves);
    return leaves;
  }

  #addNotices(leaves: Map<string, Leaf>): void {
    const interruption = this.#interruption;
    const rebalanceAtMs = this.#rebalanceAtMs;
    if (interruption) {
      const time = isoSeconds(interruption.atMs);
      leaves.set('meta-data/spot/instance-action', () => JSON.stringify({ action: interruption.action, time }));
      leaves.set('meta-data/spot/termination-time', () => time);
    }
    if (rebalanceAtMs !== undefined) {
      leaves.set('meta-data/events/recommendations/rebalance', () =>
        JSON.stringify({ noticeTime: isoSeconds(rebalanceAtMs) }),
      );
    }
  }

  async #addRole(leaves: Map<string, Leaf>, profileArn: string): Promise<void> {
    const credentials = await this.#currentCredentials(profileArn);
    const roleName = credentials.roleName ?? profileArn.slice(profileArn.lastIndexOf('/') + 1);
    const lastUpdated = isoSeconds(this.clock.now());
    leaves.set('meta-data/iam/info', () =>
      JSON.stringify({
        Code: 'Success',
        LastUpdated: lastUpdated,
        InstanceProfileArn: profileArn,
        InstanceProfileId: `AIPA${this.spec.instanceId.slice(2).toUpperCase()}`,
      }),
    );
    leaves.set(`meta-data/iam/security-credentials/${roleName}`, () =>
      JSON.stringify({
        Code: 'Success',
        LastUpdated: lastUpdated,
        Type: 'AWS-HMAC',
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        Token: credentials.sessionToken,
        Expiration: credentials.expiration,
      }),
    );
  }

  async #currentCredentials(profileArn: string): Promise<IssuedCredentials & { roleName?: string }> {
    const held = this.#credentials;
    if (held && Date.parse(held.expiration) - this.clock.now() > RENEW_BEFORE_EXPIRY_MS) return held;
    this.#credentials = await this.issueCredentials(profileArn, this.spec.instanceId);
    return this.#credentials;
  }

  #identityDocument(): string {
    const { spec } = this;
    return JSON.stringify({
      accountId: spec.accountId,
      architecture: spec.architecture,
      availabilityZone: spec.availabilityZone,
      imageId: spec.imageId,
      instanceId: spec.instanceId,
      instanceType: spec.instanceType,
      pendingTime: isoSeconds(spec.launchedAtMs),
      privateIp: spec.privateIp,
      region: spec.region,
      version: '2017-09-30',
    });
  }
}
