/** Why instances end, in EC2's words (API reference, StateReason). */

export interface EndReason {
  code: string;
  message: string;
  /** StateTransitionReason, given the time. */
  transition: (at: string) => string;
}

export const END_REASONS = {
  byUser: {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
    transition: (at) => `User initiated (${at})`,
  },
  byInstance: {
    code: 'Client.InstanceInitiatedShutdown',
    message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
    transition: () => '',
  },
  bySpot: {
    code: 'Server.SpotInstanceTermination',
    message: 'Server.SpotInstanceTermination: Spot instance termination',
    transition: (at) => `Server.SpotInstanceTermination (${at})`,
  },
  byCapacity: {
    code: 'Server.InsufficientInstanceCapacity',
    message: 'Server.InsufficientInstanceCapacity: Insufficient capacity to launch instance',
    transition: (at) => `Server.InsufficientInstanceCapacity (${at})`,
  },
  byFailure: {
    code: 'Server.InternalError',
    message: 'Server.InternalError: Internal error on launch',
    transition: (at) => `Server.InternalError (${at})`,
  },
} as const satisfies Record<string, EndReason>;
