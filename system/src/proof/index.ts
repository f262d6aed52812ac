export { type Problem, printed } from './problem.js';
export { type Proof, prove } from './proof.js';
export { reportOf } from './report.js';
