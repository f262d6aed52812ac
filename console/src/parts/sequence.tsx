import map from 'virtual:map';
import { type Fact, isTrouble } from '../data/types.js';
import { Scroll } from './scroll.js';

const COLUMN = 190;
const LINE = 30;
const TOP = 56;

const services = map.services.map(({ name }) => name);
const consumersOf = (type: string, from: string) =>
  map.arrows.filter((arrow) => arrow.type === type && arrow.from === from).map((arrow) => arrow.to);

const x = (service: string) => COLUMN / 2 + services.indexOf(service) * COLUMN;

/** What went from whom to whom, one line for each event: the receivers are those that the declarations name. */
export function Sequence({ facts }: { readonly facts: readonly Fact[] }) {
  const lines = facts.flatMap((fact) => {
    const from = fact.service.replace('-service', '');
    const targets = consumersOf(fact.type, from);
    return services.includes(from) ? [{ fact, from, targets }] : [];
  });
  const height = TOP + (lines.length + 1) * LINE;
  const width = services.length * COLUMN;
  return (
    <Scroll look="scroll sequence" label="Sequence diagram">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-labelledby="sequence-title">
        <title id="sequence-title">Which service sent what to which, in order</title>
        {services.map((service) => (
          <g key={service}>
            <rect class={`life life-${service}`} x={x(service) - 66} y={10} width={132} height={26} rx={6} />
            <text x={x(service)} y={28} text-anchor="middle">
              {service}
            </text>
            <line class="life" x1={x(service)} x2={x(service)} y1={36} y2={height - 8} />
          </g>
        ))}
        {lines.map(({ fact, from, targets }, index) => (
          <Message key={fact.id} fact={fact} from={from} targets={targets} y={TOP + index * LINE + 8} />
        ))}
      </svg>
    </Scroll>
  );
}

interface MessageProps {
  readonly fact: Fact;
  readonly from: string;
  readonly targets: readonly string[];
  readonly y: number;
}

function Message({ fact, from, targets, y }: MessageProps) {
  const ends = targets.map(x);
  const left = Math.min(x(from), ...ends);
  const right = Math.max(x(from), ...ends);
  const label = ends.length === 0 ? x(from) : (left + right) / 2;
  return (
    <g class={isTrouble(fact.type) ? 'message trouble' : 'message'}>
      {ends.length > 0 && <line x1={left} x2={right} y1={y} y2={y} />}
      <circle cx={x(from)} cy={y} r={4} />
      {ends.map((end) => (
        <path
          key={end}
          d={
            end > x(from)
              ? `M${end - 8} ${y - 4} ${end} ${y} ${end - 8} ${y + 4}z`
              : `M${end + 8} ${y - 4} ${end} ${y} ${end + 8} ${y + 4}z`
          }
        />
      ))}
      <text x={label} y={y - 6} text-anchor="middle">
        {fact.type}
      </text>
    </g>
  );
}
