export type { ExistingNetwork } from './network';
export { RunctlStack } from './runctl-stack';
export { parseS3Prefix, type S3Prefix } from './s3-prefix';
export { TrainingControlPlane, type TrainingControlPlaneProps } from './training-control-plane';
