export { PATIENCE, until } from '@quickstep/shared/testing';
