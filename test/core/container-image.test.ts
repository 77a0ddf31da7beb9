import { covers, parseImageName, parseRepositoryPattern } from '../../core/plan/container-image';

const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

describe('the name of an image', () => {
  it.each([
    ['pytorch/pytorch:2.4.0-cuda12.1-cudnn9-runtime', undefined, 'pytorch/pytorch'],
    ['python', undefined, 'python'],
    ['docker.io/library/python:3.12', 'docker.io', 'library/python'],
    ['public.ecr.aws/docker/library/python:3.12-slim', 'public.ecr.aws', 'docker/library/python'],
    ['nvcr.io/nvidia/pytorch:24.07-py3', 'nvcr.io', 'nvidia/pytorch'],
    ['localhost:5000/mine', 'localhost:5000', 'mine'],
    [`python@sha256:${'0a'.repeat(32)}`, undefined, 'python'],
    [`python:3.12@sha256:${'0a'.repeat(32)}`, undefined, 'python'],
  ])('%s', (name, host, repository) => {
    expect(parseImageName(name)).toEqual({ host, repository, ecr: undefined });
  });

  it('of a private registry of ECR’s tells account and region', () => {
    expect(parseImageName(`${ECR}/team/train:v1`)?.ecr).toEqual({
      host: ECR,
      accountId: '123456789012',
      region: 'eu-west-1',
    });
    const china = '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn';
    expect(parseImageName(`${china}/train`)?.ecr?.region).toBe('cn-north-1');
  });

  it.each([
    '',
    'Python',
    'a b',
    '-v/:/host',
    '--privileged',
    'python:',
    'python:-1',
    'python@sha256:12',
    'https://example.com/image',
    'team//train',
    'x'.repeat(256),
    'python;rm',
    'python\n',
  ])('is not %j', (name) => {
    expect(parseImageName(name)).toBeUndefined();
  });
});

describe('a repository of ECR’s', () => {
  const image = (name: string) => parseImageName(name) ?? { host: undefined, repository: '', ecr: undefined };
  const isCovered = (pattern: string, name: string) => {
    const parsed = parseRepositoryPattern(pattern);
    return parsed !== undefined && covers(parsed, image(name));
  };

  it('stands for itself, or with a star for all that begin so, in its account and region', () => {
    expect(isCovered(`${ECR}/team/train`, `${ECR}/team/train:v1`)).toBe(true);
    expect(isCovered(`${ECR}/team/*`, `${ECR}/team/train:v1`)).toBe(true);
    expect(isCovered(`${ECR}/team/train`, `${ECR}/team/train-2`)).toBe(false);
    expect(isCovered(`${ECR}/team/*`, `${ECR.replace('eu-west-1', 'us-east-1')}/team/train`)).toBe(false);
    expect(isCovered(`${ECR}/team/*`, `${ECR.replace('123', '999')}/team/train`)).toBe(false);
    expect(isCovered(`${ECR}/team/*`, 'team/train')).toBe(false);
  });

  it('may be all of a registry', () => {
    expect(isCovered(`${ECR}/*`, `${ECR}/team/train:v1`)).toBe(true);
  });

  it.each(['team/train', `${ECR}/`, `${ECR}/train:v1`, `${ECR}/a*b`, 'public.ecr.aws/x/y'])('is not %s', (text) => {
    expect(parseRepositoryPattern(text)).toBeUndefined();
  });
});
