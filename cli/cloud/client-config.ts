/** For every SDK client of the command line. */
export interface ClientConfig {
  region?: string;
  profile?: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  /** S3 alone knows it: one endpoint has no host per bucket. */
  forcePathStyle?: boolean;
}
