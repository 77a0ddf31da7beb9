/**
 * Where each state of statemachines/training-job.asl.json stands on the drawing, by hand: in a row, or one below the other
 * where there is little room. States that only choose or assign are not drawn; a test holds the list against the file.
 */
export type StateName =
  | 'PlanJob'
  | 'LaunchNodes'
  | 'WaitForCapacity'
  | 'RunTraining'
  | 'CollectResults'
  | 'ReleaseNodes'
  | 'NotifyFinished'
  | 'Succeeded'
  | 'Failed';

export const NOT_DRAWN = ['Defaults', 'IsLaunched', 'HasFailed'];

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Edge {
  from: StateName;
  to: StateName;
  /** `again`: back to an earlier state. `failed`: past the states that are for what went well. */
  kind: 'next' | 'again' | 'failed';
}

export const EDGES: readonly Edge[] = [
  { from: 'PlanJob', to: 'LaunchNodes', kind: 'next' },
  { from: 'LaunchNodes', to: 'WaitForCapacity', kind: 'next' },
  { from: 'LaunchNodes', to: 'RunTraining', kind: 'next' },
  { from: 'RunTraining', to: 'LaunchNodes', kind: 'again' },
  { from: 'RunTraining', to: 'CollectResults', kind: 'next' },
  { from: 'CollectResults', to: 'ReleaseNodes', kind: 'next' },
  { from: 'ReleaseNodes', to: 'NotifyFinished', kind: 'next' },
  { from: 'NotifyFinished', to: 'Succeeded', kind: 'next' },
  { from: 'NotifyFinished', to: 'Failed', kind: 'next' },
];

const ROW: readonly StateName[] = [
  'PlanJob',
  'LaunchNodes',
  'RunTraining',
  'CollectResults',
  'ReleaseNodes',
  'NotifyFinished',
];

/** Less, and the names do not fit beside each other. */
const LEAST_ROW_WIDTH = 860;
const HEIGHT = 46;
const GAP = 26;
const ABOVE = 30;

export interface Layout {
  boxes: Record<StateName, Box>;
  height: number;
  isNarrow: boolean;
}

export function layout(width: number): Layout {
  return width < LEAST_ROW_WIDTH ? below(width) : inARow(width);
}

function inARow(width: number): Layout {
  const endWidth = 96;
  const boxWidth = (width - endWidth - ROW.length * GAP - 2) / ROW.length;
  const step = boxWidth + GAP;
  const box = (name: StateName, column: number, y: number, own = boxWidth): [StateName, Box] => [
    name,
    { x: 1 + column * step, y, width: own, height: HEIGHT },
  ];
  const boxes = [
    ...ROW.map((name, column) => box(name, column, ABOVE)),
    box('WaitForCapacity', 1, ABOVE + HEIGHT + GAP),
    box('Succeeded', ROW.length, ABOVE, endWidth),
    box('Failed', ROW.length, ABOVE + HEIGHT + GAP, endWidth),
  ];
  return { boxes: asRecord(boxes), height: ABOVE + 2 * HEIGHT + GAP + 2, isNarrow: false };
}

function below(width: number): Layout {
  const small = 14;
  const boxWidth = Math.min(210, width * 0.5);
  const step = HEIGHT + 22;
  const boxes = ROW.map((name, index): [StateName, Box] => [
    name,
    { x: 1, y: 1 + index * step, width: boxWidth, height: HEIGHT },
  ]);
  const endWidth = (boxWidth - small) / 2;
  const endY = 1 + ROW.length * step;
  const sideX = boxWidth + 34;
  const side = { x: sideX, y: 1 + step, width: Math.min(150, width - sideX - 1), height: HEIGHT };
  return {
    boxes: asRecord([
      ...boxes,
      ['WaitForCapacity', side],
      ['Succeeded', { x: 1, y: endY, width: endWidth, height: HEIGHT }],
      ['Failed', { x: 1 + endWidth + small, y: endY, width: endWidth, height: HEIGHT }],
    ]),
    height: endY + HEIGHT + 2,
    isNarrow: true,
  };
}

const asRecord = (boxes: readonly [StateName, Box][]) => Object.fromEntries(boxes) as Record<StateName, Box>;
