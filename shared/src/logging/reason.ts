export { messageOf as reasonOf } from '../pipeline/index.js';
