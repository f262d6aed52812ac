declare module 'virtual:map' {
  import type { ServiceMap } from '@quickstep/system/documents';

  const map: ServiceMap;
  export default map;
}
