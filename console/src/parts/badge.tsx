import type { ComponentChildren } from 'preact';

export type Tone = 'good' | 'warn' | 'bad' | 'plain';

const TONES: Readonly<Record<string, Tone>> = {
  COMPLETED: 'good',
  CANCELLED: 'plain',
  CANCELLING: 'warn',
  PENDING: 'plain',
  RESERVED: 'plain',
  PAID: 'plain',
};

export function Badge({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}

export const State = ({ state, stuck }: { readonly state: string; readonly stuck?: boolean }) => (
  <>
    <Badge tone={TONES[state] ?? 'plain'}>{state}</Badge> {stuck && <Badge tone="bad">stuck</Badge>}
  </>
);
