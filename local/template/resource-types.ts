import type { ResourceType } from './resource-type';
import { eventTypes } from './resources/events';
import { iamTypes } from './resources/iam';
import { inertTypes } from './resources/inert';
import { lambdaTypes } from './resources/lambda';
import { machineTypes } from './resources/machines';
import { resourcePolicyTypes } from './resources/resource-policies';
import { storageTypes } from './resources/storage';

/** Every resource type that the local cloud can make. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  ...eventTypes,
  ...iamTypes,
  ...inertTypes,
  ...lambdaTypes,
  ...machineTypes,
  ...resourcePolicyTypes,
  ...storageTypes,
};
