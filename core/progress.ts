export { type ProgressLine, parseProgressLine } from './progress/parse-line';
export { ProgressTracker } from './progress/tracker';
