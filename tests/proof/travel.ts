import { type Choreography, choreography } from '@quickstep/shared/choreography';
import { command, event } from '@quickstep/shared/events';
import { Type } from '@sinclair/typebox';

export const data = Type.Object({ tripId: Type.String() });
export const base = { description: 'A test event.', subject: 'tripId' } as const;

export const Asked = event('trip.asked', data, base);
export const Cancelling = event('trip.cancelling', data, base);
export const Done = event('trip.done', data, { ...base, ending: 'done', final: true });
export const Off = event('trip.off', data, { ...base, ending: 'off', final: true });
export const Late = event('trip.late', data, { ...base, final: true });
export const Booked = event('hotel.booked', data, base);
export const Full = event('hotel.full', data, base);
export const Cancel = event('hotel.cancel', data, { ...base, kind: 'compensation', emitters: ['flight-service'] });
export const Cancelled = event('hotel.cancelled', data, base);
export const Flown = event('flight.flown', data, base);
export const Grounded = event('flight.grounded', data, base);
export const Plan = command(data, 'Plan a trip.');

export const why = 'a test';

/** A sound choreography of three services: a trip books a hotel, then flies. Every broken one differs from it in one thing. */
export function travel() {
  return {
    trip: {
      plan: { command: Plan, uncompensated: why, outcomes: { asked: [Asked], repeated: { after: 'plan' } } },
      expire: {
        timer: 'the deadline',
        deadline: { from: 'plan', until: [Done, Off] },
        uncompensated: why,
        outcomes: {
          expired: { after: 'plan', emits: [Cancelling] },
          late: { after: 'expire.expired', emits: [Late] },
          stillLate: { after: 'expire.late' },
        },
      },
      track: {
        on: [Flown, Full, Grounded, Cancelled],
        uncompensated: why,
        outcomes: {
          noted: { on: [Grounded], repeatable: true },
          done: { on: [Flown], emits: [Done] },
          off: { on: [Full, Cancelled], emits: [Off] },
          over: { after: ['track.done', 'track.off'] },
        },
      },
    },
    hotel: {
      book: {
        on: [Asked],
        outcomes: {
          booked: [Booked],
          full: { fails: true, emits: [Full] },
          repeated: { after: 'book' },
          overtaken: { after: 'cancel' },
        },
      },
      cancel: { on: [Cancel], compensates: 'book', outcomes: { cancelled: [Cancelled], repeated: { after: 'cancel' } } },
    },
    flight: {
      fly: {
        on: [Booked],
        outcomes: {
          flown: { pointOfNoReturn: true, emits: [Flown] },
          grounded: { fails: true, emits: [Grounded, Cancel] },
          repeated: { after: 'fly' },
          overtaken: { after: 'stop.stopped' },
        },
      },
      stop: {
        on: [Cancelling],
        prevents: 'fly',
        outcomes: {
          stopped: [Grounded, Cancel],
          tooLate: { after: 'fly.flown', repeatable: true, emits: [Flown] },
          repeated: { after: ['stop.stopped', 'fly.grounded'] },
        },
      },
    },
  } as const;
}

export type Travel = ReturnType<typeof travel>;
export type Part = Parameters<typeof choreography>[1];

export function declared({ trip, hotel, flight }: { trip: Part; hotel: Part; flight: Part }): readonly Choreography[] {
  return [choreography('trip-service', trip), choreography('hotel-service', hotel), choreography('flight-service', flight)];
}
