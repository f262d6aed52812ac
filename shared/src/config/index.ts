export * from './config.js';
export { choice, integer, integers, optional, serverUrl, text, type Variable, WrongValue } from './variables.js';
