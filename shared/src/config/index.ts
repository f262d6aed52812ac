export * from './config.js';
export {
  choice,
  integer,
  integers,
  names,
  optional,
  serverUrl,
  serviceUrls,
  share,
  text,
  type Variable,
  WrongValue,
} from './variables.js';
export { withPath } from './with-path.js';
