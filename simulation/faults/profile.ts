/** How often what goes wrong. Probabilities are per occasion; everything at once is the default. */

export interface FaultProfile {
  /** Per call of an AWS API. */
  api: {
    throttled: number;
    serverError: number;
    /** The request never arrives. */
    unreachable: number;
    /** The call takes effect, the answer does not arrive. */
    answerLost: number;
    /** S3 only: 409 on a conditional write, which S3 gives when two of them meet. */
    conflict: number;
  };
  /** Per invocation of a function. */
  functions: {
    /** It ends between two of its calls, or before or after any. */
    crash: number;
    /** It hangs at such a place until its time is over. */
    hang: number;
    /** It ran to its end, and nobody is told. */
    resultLost: number;
  };
  /** Per event, S3's and schedules' included. */
  events: { lost: number; doubled: number; late: number };
  /** Per launch request. */
  launches: {
    noCapacity: number;
    quota: number;
    /** Refused for good, as long as nobody changes the request. */
    config: number;
    /** Fewer instances than asked for. */
    partial: number;
    /** Launched, then ended by EC2 while pending. */
    doomed: number;
    /** The call as a whole is refused for the moment. */
    refused: number;
    /** Launched, and an error is the answer. */
    answerLost: number;
  };
  /** Per instance: at most one of them befalls it. */
  instances: {
    notice: number;
    noticeWithoutEvent: number;
    rebalanceOnly: number;
    killed: number;
    /** It vanishes, and EC2 goes on saying that it runs. */
    vanished: number;
    networkLost: number;
    /** It stands still for minutes, and then goes on as if nothing had been. */
    hung: number;
    neverRegisters: number;
    agentCrash: number;
  };
  /** Per instance, besides. */
  wrongClock: number;
  /** Per instance: its way down takes minutes, and what runs on it runs on. */
  slowShutdown: number;
  /** Per upload of a file by a node. */
  uploads: { slow: number; torn: number };
  /** Per session. */
  users: { stop: number; stopNow: number; abort: number };
  /** Per world: the stack has budgets, which its sessions share. */
  budgets: number;
  /** Of spot, per hour of a world. */
  prices: { changes: number };
  /** Per hour of a world. */
  outages: { functions: number; oneService: number };
}

export const NO_FAULTS: FaultProfile = {
  api: { throttled: 0, serverError: 0, unreachable: 0, answerLost: 0, conflict: 0 },
  functions: { crash: 0, hang: 0, resultLost: 0 },
  events: { lost: 0, doubled: 0, late: 0 },
  launches: { noCapacity: 0, quota: 0, config: 0, partial: 0, doomed: 0, refused: 0, answerLost: 0 },
  instances: {
    notice: 0,
    noticeWithoutEvent: 0,
    rebalanceOnly: 0,
    killed: 0,
    vanished: 0,
    networkLost: 0,
    hung: 0,
    neverRegisters: 0,
    agentCrash: 0,
  },
  wrongClock: 0,
  slowShutdown: 0,
  uploads: { slow: 0, torn: 0 },
  users: { stop: 0, stopNow: 0, abort: 0 },
  budgets: 0,
  prices: { changes: 0 },
  outages: { functions: 0, oneService: 0 },
};

export const ALL_FAULTS: FaultProfile = {
  api: { throttled: 0.01, serverError: 0.005, unreachable: 0.002, answerLost: 0.004, conflict: 0.01 },
  functions: { crash: 0.02, hang: 0.003, resultLost: 0.01 },
  events: { lost: 0.1, doubled: 0.1, late: 0.1 },
  launches: {
    noCapacity: 0.15,
    quota: 0.02,
    config: 0.003,
    partial: 0.04,
    doomed: 0.03,
    refused: 0.02,
    answerLost: 0.03,
  },
  instances: {
    notice: 0.25,
    noticeWithoutEvent: 0.05,
    rebalanceOnly: 0.15,
    killed: 0.08,
    vanished: 0.06,
    networkLost: 0.06,
    hung: 0.05,
    neverRegisters: 0.03,
    agentCrash: 0.07,
  },
  wrongClock: 0.2,
  slowShutdown: 0.1,
  uploads: { slow: 0.05, torn: 0.02 },
  users: { stop: 0.05, stopNow: 0.03, abort: 0.05 },
  budgets: 0.5,
  prices: { changes: 3 },
  outages: { functions: 0.25, oneService: 0.25 },
};

/** The profile without some of its kinds: to find out which of them a failure needs. */
export function without(profile: FaultProfile, kinds: readonly (keyof FaultProfile)[]): FaultProfile {
  return { ...profile, ...Object.fromEntries(kinds.map((kind) => [kind, NO_FAULTS[kind]])) };
}

export const FAULT_KINDS = Object.keys(NO_FAULTS) as (keyof FaultProfile)[];
