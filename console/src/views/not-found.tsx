import { to } from '../data/router.js';

export function NotFound() {
  return (
    <>
      <h1>There is no such view</h1>
      <p>
        <a href={to('/map')}>To the map</a>
      </p>
    </>
  );
}
