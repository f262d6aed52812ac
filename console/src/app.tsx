import { effect } from '@preact/signals';
import { me, unknownBecause } from './data/api.js';
import { followLive } from './data/live.js';
import { route } from './data/router.js';
import { Failure, Loading } from './parts/state.js';
import { Shell } from './shell.js';
import { NotFound } from './views/not-found.js';
import { SignIn } from './views/sign-in.js';
import { views } from './views.js';

let following = false;
effect(() => {
  if (!me.value || following) return;
  following = true;
  followLive();
});

function Unknown() {
  return (
    <main class="sign-in">
      {unknownBecause.value !== undefined && <Failure error={unknownBecause.value} />}
      <Loading what="the console" />
    </main>
  );
}

export function App() {
  if (me.value === undefined) return <Unknown />;
  if (me.value === null) return <SignIn />;
  const [first = 'map'] = route.value.path;
  const view = views.find(({ path }) => path === first);
  const Content = view?.component ?? NotFound;
  return (
    <Shell views={views} current={view}>
      <Content route={route.value} />
    </Shell>
  );
}
