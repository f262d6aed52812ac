import { call } from '../data/api.js';
import { count, time } from '../data/format.js';
import { useHidden } from '../data/hidden.js';
import { go, to, toOrder } from '../data/router.js';
import type { Plan, WholeLetter } from '../data/types.js';
import { Act } from '../parts/act.js';
import { Badge } from '../parts/badge.js';
import { Json } from '../parts/json.js';
import { Reveal } from '../parts/reveal.js';
import { Loaded } from '../parts/state.js';
import { EditLetter } from './edit-letter.js';

function Facts({ letter }: { readonly letter: WholeLetter }) {
  return (
    <dl class="summary">
      <dt>State</dt>
      <dd>
        <Badge>{letter.state}</Badge>
      </dd>
      <dt>Service and step</dt>
      <dd>
        {letter.service}, {letter.step ?? 'no step'}
      </dd>
      <dt>Attempts</dt>
      <dd>{count(letter.attempts)}</dd>
      <dt>First failure</dt>
      <dd>{time(letter.firstFailedAt)}</dd>
      <dt>Parked</dt>
      <dd>{time(letter.parkedAt)}</dd>
    </dl>
  );
}

/** What an operator changed; undefined in what was not there. */
function Changes({ letter: { edit } }: { readonly letter: WholeLetter }) {
  if (edit === null) return null;
  return (
    <>
      <h2>Changed by {edit.by ?? 'somebody'}</h2>
      <ul class="diff">
        {edit.differences.map(({ pointer, before, after }) => (
          <li key={pointer}>
            <code>{pointer}</code> <del>{JSON.stringify(before) ?? 'nothing'}</del>{' '}
            <ins>{JSON.stringify(after) ?? 'nothing'}</ins>
          </li>
        ))}
      </ul>
    </>
  );
}

function Body({ letter: { body, bodyGoneSince } }: { readonly letter: WholeLetter }) {
  if (bodyGoneSince === null) return <Json value={body} label="The message" />;
  return <p>Its body is gone since {time(bodyGoneSince)}: it was deleted some time after the message had been dealt with.</p>;
}

/** One message that a service gave up on. */
export function LetterView({ id }: { readonly id: string }) {
  const found = useHidden<WholeLetter>(`/dead-letters/${encodeURIComponent(id)}`);
  const plan = async () => {
    const made = await call<Plan>('POST', '/dead-letters/plans', { ids: [id] });
    go(`/dead-letters/plans/${made.id}`);
  };
  return (
    <Loaded from={found} what="the dead letter">
      {(letter) => (
        <>
          <h1>{letter.type}</h1>
          <p class="failure">
            {letter.errorClass}: {letter.reason}
          </p>
          <Facts letter={letter} />
          <p class="actions">
            <Act label="Plan this message" title="Plan what to do with this message" run={plan} done={() => undefined}>
              <p>It is found out what would happen. Nothing is sent yet.</p>
            </Act>
            <EditLetter letter={letter} done={found.reload} />
            {letter.bodyGoneSince === null && <Reveal of={found} />}
            {letter.subject !== null && <a href={toOrder(letter.subject)}>Its order</a>}
            {letter.eventId !== null && <a href={to(`/events/${letter.eventId}`)}>Its event</a>}
            <a href={to('/dead-letters', { group: letter.group, service: letter.service })}>Others of its group</a>
          </p>
          <Changes letter={letter} />
          <h2>Message</h2>
          <Body letter={letter} />
          {letter.stack !== null && (
            <>
              <h2>Where it failed</h2>
              <section class="json">
                <pre>{letter.stack}</pre>
              </section>
            </>
          )}
          <h2>Headers</h2>
          <Json value={{ exchange: letter.exchange, routingKey: letter.routingKey, ...letter.headers }} label="Headers" />
        </>
      )}
    </Loaded>
  );
}
