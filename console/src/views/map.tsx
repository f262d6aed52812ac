import map from 'virtual:map';
import type { MapArrow, MapService, MapStep } from '@quickstep/system/documents';
import { count, inWords } from '../data/format.js';
import { useResource } from '../data/resource.js';
import { refine, to } from '../data/router.js';
import type { ServiceState } from '../data/types.js';
import { Failure } from '../parts/state.js';
import type { ViewProps } from '../view.js';

interface Emitted {
  readonly service: string;
  readonly type: string;
  readonly total: number;
  readonly lastMinute: number;
}

interface Flow {
  readonly items: readonly Emitted[];
}

interface Services {
  readonly items: readonly ServiceState[];
}

const MESSAGES = 'quickstep_messages_total';
/** All services are asked, and each asks its database and the broker for its metrics. Milliseconds. */
const OUTCOMES_EVERY = 5_000;
const RANGES = [5, 60, 1_440];
const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);

/** A smooth line through every point, so that it meets its label (a Catmull-Rom spline as Bézier curves). */
function pathOf(points: MapArrow['points']): string {
  const [first] = points;
  if (first === undefined) return '';
  const curves = points.slice(1).map((end, index) => {
    const start = points[index] ?? end;
    const before = points[index - 1] ?? start;
    const after = points[index + 2] ?? end;
    const out = { x: start.x + (end.x - before.x) / 6, y: start.y + (end.y - before.y) / 6 };
    const into = { x: end.x - (after.x - start.x) / 6, y: end.y - (after.y - start.y) / 6 };
    return `C${out.x} ${out.y} ${into.x} ${into.y} ${end.x} ${end.y}`;
  });
  return `M${first.x} ${first.y}${curves.join('')}`;
}

const wayOf = (arrow: MapArrow) =>
  arrow.kind === 'compensation' || /failed|insufficient|released|refunded/.test(arrow.type) ? 'back' : 'ahead';

interface ArrowProps {
  readonly arrow: MapArrow;
  /** Undefined while it is not known. */
  readonly total: number | undefined;
  /** In the last whole minute. */
  readonly rate: number;
}

function Arrow({ arrow, total, rate }: ArrowProps) {
  const { label, type, from, to: consumer } = arrow;
  const way = wayOf(arrow);
  // The name begins with what is seen, so that who speaks to the page can say it.
  const counted = total === undefined ? '' : count(total);
  const shown = `${type} ${counted}${rate > 0 ? ` ${count(rate)}/min` : ''}`;
  return (
    <g class={`arrow ${way} ${total ? 'busy' : ''}`}>
      <path d={pathOf(arrow.points)} marker-end={`url(#head-${way})`} />
      <a href={to('/events', { type })} aria-label={`${shown}, from ${from} to ${consumer}`}>
        <rect x={label.x - label.width / 2} y={label.y - 10} width={label.width} height={20} rx={10} />
        <text x={label.x} y={label.y + 4} text-anchor="middle">
          {type} <tspan class="number">{counted}</tspan>
          {rate > 0 && <tspan> {count(rate)}/min</tspan>}
        </text>
      </a>
    </g>
  );
}

const HEAD = 34;
const STEP = 18;
const OUTCOME = 15;

/** How often a step has ended in an outcome since its service started. */
type Ended = (step: string, outcome: string) => number;

interface StepProps {
  readonly step: MapStep;
  readonly top: number;
  readonly left: number;
  readonly ended: Ended;
}

function Step({ step, top, left, ended }: StepProps) {
  return (
    <g>
      <text class="step" x={left + 14} y={top + 14}>
        {inWords(step.name)}
      </text>
      {step.outcomes.map((outcome, index) => {
        const times = ended(step.name, outcome.name);
        return (
          <text
            key={outcome.name}
            class={outcome.fails ? 'outcome fails' : 'outcome'}
            x={left + 26}
            y={top + STEP + 12 + index * OUTCOME}
          >
            {inWords(outcome.name)}
            {times > 0 && <tspan class="number"> {count(times)}</tspan>}
          </text>
        );
      })}
    </g>
  );
}

function Service({ service, ended }: { readonly service: MapService; readonly ended: Ended }) {
  const left = service.x - service.width / 2;
  const top = service.y - service.height / 2;
  let at = top + HEAD;
  const steps = service.steps.map((step) => {
    const own = at;
    at += STEP + step.outcomes.length * OUTCOME + 6;
    return <Step key={step.name} step={step} top={own} left={left} ended={ended} />;
  });
  return (
    <g class={`service service-${service.name}`}>
      <rect x={left} y={top} width={service.width} height={service.height} rx={10} />
      <rect class="stripe" x={left} y={top} width={service.width} height={5} rx={2} />
      <a href={to('/services')}>
        <text class="name" x={left + 14} y={top + 25}>
          {service.name}
        </text>
      </a>
      {steps}
    </g>
  );
}

const heads = ['ahead', 'back'].map((way) => (
  <marker
    key={way}
    id={`head-${way}`}
    class={`head-${way}`}
    viewBox="0 0 10 10"
    refX="9"
    refY="5"
    markerWidth="7"
    markerHeight="7"
    orient="auto-start-reverse"
  >
    <path d="M0 0 10 5 0 10z" />
  </marker>
));

/** What the services' own metrics say. */
const endings =
  (services: Services | undefined, service: string): Ended =>
  (step, outcome) => {
    const samples = services?.items.find((each) => each.service === `${service}-service`)?.samples ?? [];
    const named = samples.filter(({ name, labels }) => name === MESSAGES && labels.step === step && labels.outcome === outcome);
    return sum(named.map(({ value }) => value));
  };

/** The choreography with what flows through it. */
export function MapView({ route }: ViewProps) {
  const minutes = Number(route.query.get('minutes') ?? 60);
  const flow = useResource<Flow>(`/flow?minutes=${minutes}`);
  const services = useResource<Services>('/services', { pause: OUTCOMES_EVERY });
  const error = flow.error ?? services.error;
  const emitted = ({ type, from }: MapArrow) =>
    flow.data?.items.filter((each) => each.type === type && each.service === `${from}-service`);
  const totalOf = (arrow: MapArrow) => {
    const found = emitted(arrow);
    return found && sum(found.map(({ total }) => total));
  };
  const rateOf = (arrow: MapArrow) => sum((emitted(arrow) ?? []).map(({ lastMinute }) => lastMinute));
  return (
    <>
      <h1>Map</h1>
      <p class="lead long">
        What each service may do, and what they send each other. Numbers on arrows are events of the last{' '}
        <select
          aria-label="Time that is counted"
          value={minutes}
          onChange={(event) => refine({ minutes: event.currentTarget.value })}
        >
          {RANGES.map((each) => (
            <option key={each} value={each}>
              {each === 5 ? '5 minutes' : each === 60 ? 'hour' : 'day'}
            </option>
          ))}
        </select>
        , those of outcomes count since the service started; <span class="key ahead">forward</span> and{' '}
        <span class="key back">failure or compensation</span>.
      </p>
      {error !== undefined && <Failure error={error} />}
      <div class="map">
        <svg viewBox={`0 0 ${map.width} ${map.height}`} aria-labelledby="map-title">
          <title id="map-title">The choreography</title>
          <defs>{heads}</defs>
          {map.arrows.map((arrow) => (
            <Arrow key={`${arrow.type} ${arrow.from} ${arrow.to}`} arrow={arrow} total={totalOf(arrow)} rate={rateOf(arrow)} />
          ))}
          {map.services.map((service) => (
            <Service key={service.name} service={service} ended={endings(services.data, service.name)} />
          ))}
        </svg>
      </div>
    </>
  );
}
