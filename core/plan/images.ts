/** The default image of an instance type, by the public SSM parameter that names its newest version. */
import type { Architecture } from './plan';

/**
 * GPU types: the Deep Learning Base AMI (Ubuntu 22.04; driver, CUDA, Docker); all others: Amazon Linux 2023.
 * https://docs.aws.amazon.com/dlami/latest/devguide/aws-deep-learning-base-gpu-ami-ubuntu-22-04.html
 */
export function imageParameter(architecture: Architecture, gpus: number): string {
  return gpus > 0
    ? `/aws/service/deeplearning/ami/${architecture}/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id`
    : `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`;
}
