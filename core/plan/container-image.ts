/** Names of container images: https://pkg.go.dev/github.com/distribution/reference */

export interface EcrRegistry {
  /** e.g. `123456789012.dkr.ecr.eu-west-1.amazonaws.com` */
  host: string;
  accountId: string;
  region: string;
}

export interface ImageName {
  /** Undefined: Docker Hub. */
  host: string | undefined;
  /** Without host, tag and digest. */
  repository: string;
  /** Of a private registry of ECR's, which wants a password. */
  ecr: EcrRegistry | undefined;
}

const LONGEST_REPOSITORY = 255;
const PART = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const NAME = new RegExp(`^${PART}(?:/${PART})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/;
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/;
const ECR_HOST =
  /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)$/;

/** Undefined when it is no image's name. */
export function parseImageName(text: string): ImageName | undefined {
  const [named = '', digest, ...more] = text.split('@');
  if (more.length > 0 || (digest !== undefined && !DIGEST.test(digest))) return undefined;
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  const tag = colon === -1 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  const path = colon === -1 ? named : named.slice(0, colon);
  const [first = '', ...rest] = path.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = isHost ? first : undefined;
  const repository = isHost ? rest.join('/') : path;
  if (!NAME.test(repository) || repository.length > LONGEST_REPOSITORY) return undefined;
  if (host !== undefined && !HOST.test(host)) return undefined;
  return { host, repository, ecr: host === undefined ? undefined : ecrRegistry(host) };
}

function ecrRegistry(host: string): EcrRegistry | undefined {
  const [, accountId, region] = ECR_HOST.exec(host) ?? [];
  return accountId === undefined || region === undefined ? undefined : { host, accountId, region };
}

/** Repositories of ECR's: a name that ends in `*` stands for all that begin so. */
export interface RepositoryPattern {
  accountId: string;
  region: string;
  name: string;
}

/** `123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/train` or `…/team/*`; undefined when it is neither. */
export function parseRepositoryPattern(text: string): RepositoryPattern | undefined {
  const hasMore = text.endsWith('*');
  // A letter stands for what the star does, so that the name is checked as a whole.
  const image = parseImageName(hasMore ? `${text.slice(0, -1)}a` : text);
  if (image?.ecr === undefined || /[:@]/.test(text)) return undefined;
  const name = hasMore ? `${image.repository.slice(0, -1)}*` : image.repository;
  return { accountId: image.ecr.accountId, region: image.ecr.region, name };
}

export function covers({ accountId, region, name }: RepositoryPattern, { ecr, repository }: ImageName): boolean {
  if (ecr?.accountId !== accountId || ecr.region !== region) return false;
  return name.endsWith('*') ? repository.startsWith(name.slice(0, -1)) : repository === name;
}
