import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { me, reachable } from './data/api.js';
import { connection } from './data/live.js';
import { go, route, to } from './data/router.js';
import { Theme } from './parts/theme.js';
import type { View } from './views.js';

const TOLD = { connecting: 'connecting', live: 'live', lost: 'connection lost, trying again' };

function Live() {
  const state = reachable.value ? connection.value : 'lost';
  return (
    <span class={`live live-${state}`} role="status">
      {TOLD[state]}
    </span>
  );
}

function Find() {
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    const wanted = field.current?.value.trim() ?? '';
    if (wanted === '') return;
    if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(wanted)) go(`/orders/${wanted.toLowerCase()}`);
    else go(`/customers/${encodeURIComponent(wanted)}`);
  };
  return (
    <search class="find">
      <form onSubmit={submit}>
        <label class="hidden" for="find">
          Order id or customer
        </label>
        <input id="find" ref={field} type="search" placeholder="Order id or customer" autocomplete="off" />
      </form>
    </search>
  );
}

interface ShellProps {
  readonly views: readonly View[];
  readonly current: View | undefined;
  readonly children: ComponentChildren;
}

/** What is around every view: navigation, search, state of the connection. */
export function Shell({ views, current, children }: ShellProps) {
  const main = useRef<HTMLElement>(null);
  const title = current?.title ?? 'Not found';
  const place = route.value.path.join('/');
  useEffect(() => {
    document.title = `${title} · Quickstep`;
    // On a narrow screen the views stand in a row that scrolls.
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [place, title]);
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header>
        <a class="brand" href={to('/map')}>
          <img src="/assets/icon.svg" alt="" width="22" height="22" /> Quickstep
        </a>
        <Find />
        <Live />
        <span class="role">{me.value?.role}</span>
        <Theme />
      </header>
      <nav aria-label="Views">
        {views
          .filter(({ unlisted }) => !unlisted)
          .map((view) => (
            <a key={view.path} href={to(`/${view.path}`)} aria-current={view === current ? 'page' : undefined}>
              {view.title}
            </a>
          ))}
      </nav>
      <main ref={main} tabIndex={-1} id="main">
        {children}
      </main>
    </div>
  );
}
