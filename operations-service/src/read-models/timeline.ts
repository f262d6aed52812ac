import { detailsOf, emittedIn, type StepDeclaration } from '@quickstep/shared/choreography';
import { choreographies } from '@quickstep/system';
import { type ArchivedEvent, inOrder } from '../archive/index.js';
import { emittedBy } from './expectations.js';

/** One event of a saga as it went. */
export interface TimelineFact {
  readonly id: string;
  readonly type: string;
  readonly service: string;
  readonly step: string | null;
  readonly time: string;
  readonly sinceStart: number;
  readonly cause: string | null;
  readonly sinceCause: number | null;
  readonly data: unknown;
}

/** One event of a saga as it goes when nothing goes wrong. */
export interface PlannedFact {
  readonly type: string;
  readonly service: string;
  readonly step: string;
  /** When it came; null while it has not. */
  readonly happened: string | null;
}

const steps = choreographies.flatMap((each) =>
  Object.entries<StepDeclaration>(each.steps).map(([step, declared]) => ({ service: each.service, step, declared })),
);

type Place = Omit<PlannedFact, 'happened'>;

/** The first outcome of each step is that of good order: what it emits is the plan, from the command that begins a saga on. */
function planFrom(types: readonly string[], seen: ReadonlySet<string>): Place[] {
  const next = steps.flatMap(({ service, step, declared }): Place[] => {
    if (declared.kind !== 'event' || declared.compensates !== undefined || declared.prevents !== undefined) return [];
    const on = declared.on.find(({ type }) => types.includes(type));
    const outcome = Object.values(declared.outcomes).find((each) => {
      const { fails, after, on: only } = detailsOf(each);
      return on !== undefined && !fails && after === undefined && (only?.includes(on) ?? true);
    });
    return outcome === undefined ? [] : emittedIn(outcome).map(({ type }) => ({ type, service, step }));
  });
  const fresh = next.filter(({ type }) => !seen.has(type));
  if (fresh.length === 0) return [];
  return [
    ...fresh,
    ...planFrom(
      fresh.map(({ type }) => type),
      new Set([...seen, ...fresh.map(({ type }) => type)]),
    ),
  ];
}

/** What begins a saga: the first outcome of the command from which its deadline counts. */
function beginnings(): Place[] {
  const from = new Set(
    steps.flatMap(({ declared }) => (declared.kind === 'timer' && declared.deadline ? [declared.deadline.from] : [])),
  );
  return steps
    .filter(({ step }) => from.has(step))
    .flatMap(({ service, step, declared }) => {
      const [first] = Object.values(declared.outcomes);
      return first === undefined ? [] : emittedIn(first).map(({ type }) => ({ type, service, step }));
    });
}

const begun = beginnings();
const plan: readonly Place[] = [
  ...begun,
  ...planFrom(
    begun.map(({ type }) => type),
    new Set(begun.map(({ type }) => type)),
  ),
];

/** @param events everything about one order */
export function timelineOf(events: readonly ArchivedEvent[]): { timeline: TimelineFact[]; plan: PlannedFact[] } {
  const ordered = inOrder(events);
  const times = new Map(ordered.map(({ event }) => [event.id, { type: event.type, at: Date.parse(event.time) }]));
  const start = Math.min(...[...times.values()].map(({ at }) => at));
  const timeline = ordered.map(({ service, event }): TimelineFact => {
    const { id, type, time, data } = event;
    const cause = times.get(event.causationid);
    const at = Date.parse(time);
    return {
      id,
      type,
      service,
      step: emittedBy(event.idempotencykey ?? '')?.step ?? null,
      time,
      sinceStart: at - start,
      cause: cause?.type ?? null,
      sinceCause: cause === undefined ? null : at - cause.at,
      data,
    };
  });
  const happened = (type: string) => timeline.find((each) => each.type === type)?.time ?? null;
  return { timeline, plan: plan.map((place) => ({ ...place, happened: happened(place.type) })) };
}
