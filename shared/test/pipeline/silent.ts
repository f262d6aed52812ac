import type { Observer } from '@quickstep/shared/pipeline';

export const silent: Observer = {
  handled() {},
  putAside() {},
  undecodable() {},
  forged() {},
  batch() {},
  conflict() {},
  breaker() {},
  trouble() {},
};
