export { type ProgressLine, parseProgressLine } from './parse-line';
export { ProgressTracker } from './tracker';
