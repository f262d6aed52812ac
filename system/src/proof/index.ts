export { type Allowed, DeclaredRun } from './declared-run.js';
export { type Problem, printed } from './problem.js';
export { type Proof, prove } from './proof.js';
export { reportOf } from './report.js';
