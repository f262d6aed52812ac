export { Access, type Caller, COOKIE, type Role, roleToken, UNNAMED } from './access.js';
export { type GuardedRoute, guarded } from './guard.js';
