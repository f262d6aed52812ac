import { duration, inWords, time, timeOfDay } from '../data/format.js';
import { to } from '../data/router.js';
import { type Fact, isTrouble, type SagaDetail, type Waiting } from '../data/types.js';
import { Badge } from './badge.js';

/** A gap longer than this is told, not drawn: one night would leave nothing of the seconds. In milliseconds. */
const LONG_GAP = 10_000;

interface Placed extends Fact {
  /** From 0 to 100. */
  readonly from: number;
  readonly until: number;
  /** Left out before it, in milliseconds. */
  readonly gap: number;
}

/** Puts facts on one line of time; long idle gaps are cut short. */
function place(facts: readonly Fact[]): Placed[] {
  let cut = 0;
  let last = 0;
  const shortened = facts.map((fact) => {
    const idle = fact.sinceStart - last;
    const gap = idle > LONG_GAP ? idle - LONG_GAP / 10 : 0;
    cut += gap;
    last = fact.sinceStart;
    return { fact, gap, at: fact.sinceStart - cut };
  });
  const whole = Math.max(1, shortened.at(-1)?.at ?? 1);
  return shortened.map(({ fact, gap, at }) => {
    const began = Math.max(0, at - Math.min(fact.sinceCause ?? 0, LONG_GAP));
    return { ...fact, gap, from: (began / whole) * 100, until: (at / whole) * 100 };
  });
}

function Row({ fact }: { readonly fact: Placed }) {
  const service = fact.service.replace('-service', '');
  return (
    <>
      {fact.gap > 0 && (
        <li class="gap">
          <span>nothing for {duration(fact.gap)}</span>
        </li>
      )}
      <li>
        <span class={`who who-${service}`}>{service}</span>
        <a href={to(`/events/${fact.id}`)} class={isTrouble(fact.type) ? 'fact trouble' : 'fact'}>
          {fact.type}
        </a>
        <span class="soft step">{fact.step === null ? '' : inWords(fact.step)}</span>
        <span class="bar" aria-hidden="true">
          <span
            class={isTrouble(fact.type) ? 'trouble' : ''}
            style={{ left: `${Math.min(99.4, fact.from)}%`, width: `${Math.max(0.6, fact.until - fact.from)}%` }}
          />
        </span>
        <time class="number soft" dateTime={fact.time} title={time(fact.time)}>
          +{duration(fact.sinceStart)}
        </time>
      </li>
    </>
  );
}

function Expected({ waiting: { service, step, type, since, answers } }: { readonly waiting: Waiting }) {
  const name = service.replace('-service', '');
  return (
    <li class="expected">
      <span class={`who who-${name}`}>{name}</span>
      <span class="fact">waits: {inWords(step)}</span>
      <span class="soft answers">
        has to answer {type} with {answers.join(', ') || 'nothing'}
      </span>
      <time class="number soft" dateTime={since} title={time(since)}>
        since {timeOfDay(since)}
      </time>
    </li>
  );
}

/** What happened to an order, on one line of time, then what is still expected. */
export function Timeline({ saga }: { readonly saga: SagaDetail }) {
  return (
    <ol class="timeline">
      {place(saga.timeline).map((fact) => (
        <Row key={fact.id} fact={fact} />
      ))}
      {saga.waiting.map((each) => (
        <Expected key={`${each.service} ${each.step} ${each.type}`} waiting={each} />
      ))}
    </ol>
  );
}

/** The way of good order, and how far this one has come on it. */
export function Plan({ saga }: { readonly saga: SagaDetail }) {
  const open = saga.endedAt === null ? 'not yet' : 'did not happen';
  return (
    <ol class="plan" aria-label="As planned">
      {saga.plan.map(({ type, service, step, happened }) => (
        <li key={type} class={happened === null ? 'open' : 'done'}>
          <span class={`who who-${service.replace('-service', '')}`}>{service.replace('-service', '')}</span>
          <span>{type}</span>
          <span class="soft step">{inWords(step)}</span>
          <Badge tone={happened === null ? 'plain' : 'good'}>{happened === null ? open : `done ${timeOfDay(happened)}`}</Badge>
        </li>
      ))}
    </ol>
  );
}
