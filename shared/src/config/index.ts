export * from './config.js';
export { choice, integer, integers, names, optional, serverUrl, share, text, type Variable, WrongValue } from './variables.js';
