export { Answering } from './answering.js';
export { Asking } from './asking.js';
export { Progress } from './progress.js';
