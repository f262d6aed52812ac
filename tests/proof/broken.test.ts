import { expect, test } from '@jest/globals';
import { type Choreography, choreography } from '@quickstep/shared/choreography';
import { command, event } from '@quickstep/shared/events';
import { printed, prove } from '@quickstep/system/proof';
import { Type } from '@sinclair/typebox';

const data = Type.Object({ tripId: Type.String() });
const base = { description: 'A test event.', subject: 'tripId' } as const;

const Asked = event('trip.asked', data, base);
const Cancelling = event('trip.cancelling', data, base);
const Done = event('trip.done', data, { ...base, ending: 'done', final: true });
const Off = event('trip.off', data, { ...base, ending: 'off', final: true });
const Late = event('trip.late', data, { ...base, final: true });
const Booked = event('hotel.booked', data, base);
const Full = event('hotel.full', data, base);
const Cancel = event('hotel.cancel', data, { ...base, kind: 'compensation', emitters: ['flight-service'] });
const Cancelled = event('hotel.cancelled', data, base);
const Flown = event('flight.flown', data, base);
const Grounded = event('flight.grounded', data, base);
const Plan = command(data, 'Plan a trip.');

const why = 'a test';

/** A sound choreography of three services: a trip books a hotel, then flies. Every broken one differs from it in one thing. */
function travel() {
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
          notDue: { after: ['track.done', 'track.off'] },
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

type Travel = ReturnType<typeof travel>;
type Part = Parameters<typeof choreography>[1];

function declared({ trip, hotel, flight }: { trip: Part; hotel: Part; flight: Part }): readonly Choreography[] {
  return [choreography('trip-service', trip), choreography('hotel-service', hotel), choreography('flight-service', flight)];
}

test('the sound one is proved', () => {
  expect(prove(declared(travel())).problems.map(printed)).toEqual([]);
});

type Parts = Parameters<typeof declared>[0];

const Again = event('hotel.again', data, base);
const Unheard = event('trip.unheard', data, base);

/** What is broken, how, and the one message that says so. */
const broken: readonly (readonly [string, (sound: Travel) => Parts, string])[] = [
  [
    'a circle of events',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel: {
        ...hotel,
        book: { ...hotel.book, outcomes: { ...hotel.book.outcomes, booked: [Booked, Again] } },
        callAgain: { on: [Again], uncompensated: why, outcomes: { called: { repeatable: true, emits: [Again] } } },
      },
      flight,
    }),
    'a chain of events goes round in a circle, without a bound',
  ],
  [
    'a chain that grows',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel: {
        ...hotel,
        book: { ...hotel.book, outcomes: { ...hotel.book.outcomes, booked: [Booked, Again] } },
        callTwice: { on: [Again], uncompensated: why, outcomes: { called: { repeatable: true, emits: [Again, Again] } } },
      },
      flight,
    }),
    'more and more hotel.again are on their way to callTwice: the chain has no bound',
  ],
  [
    'work that nobody undoes',
    ({ trip, hotel, flight }) => ({
      trip: { ...trip, insure: { on: [Asked], outcomes: { insured: [], repeated: { after: 'insure' } } } },
      hotel,
      flight,
    }),
    'insure.insured changes state, and no step compensates it',
  ],
  [
    'undoing the wrong step',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel: {
        ...hotel,
        clean: {
          on: [Flown],
          outcomes: { cleaned: [], repeated: { after: 'clean' }, overtaken: { after: 'cancel' } },
        },
        cancel: { ...hotel.cancel, compensates: 'clean' },
      },
      flight,
    }),
    'book.booked changes state, and no step compensates it',
  ],
  [
    'a failure that leads to no undoing',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel,
      flight: {
        ...flight,
        fly: { ...flight.fly, outcomes: { ...flight.fly.outcomes, grounded: { fails: true, emits: [Grounded] } } },
      },
    }),
    'fly.grounded does not lead to cancel, which undoes book.booked',
  ],
  [
    'an orphan',
    ({ trip, hotel, flight }) => ({
      trip: { ...trip, plan: { ...trip.plan, outcomes: { ...trip.plan.outcomes, asked: [Asked, Unheard] } } },
      hotel,
      flight,
    }),
    'trip.unheard is emitted, but no service consumes it',
  ],
  [
    'two endings',
    ({ trip, hotel, flight }) => ({
      trip: {
        ...trip,
        close: { on: [Full], uncompensated: why, outcomes: { closed: { emits: [Off], repeatable: true } } },
        expire: {
          ...trip.expire,
          outcomes: { ...trip.expire.outcomes, notDue: { after: ['track.done', 'track.off', 'close.closed'] } },
        },
      },
      hotel,
      flight,
    }),
    'the saga ends twice: off, then off',
  ],
  [
    'no deadline',
    ({ trip, hotel, flight }) => ({
      trip: { ...trip, expire: { timer: 'at times', uncompensated: why, outcomes: trip.expire.outcomes } },
      hotel,
      flight,
    }),
    'no state of the saga has a deadline',
  ],
  [
    'a late step that nothing stops',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel: { ...hotel, book: { ...hotel.book, outcomes: { ...hotel.book.outcomes, overtaken: { after: 'book' } } } },
      flight,
    }),
    'book has no outcome in which nothing was done when cancel came first',
  ],
  [
    'an event that cannot come again',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel: { ...hotel, cancel: { ...hotel.cancel, outcomes: { cancelled: [Cancelled] } } },
      flight,
    }),
    'cancel does not say how it ends when hotel.cancel comes again after cancel.cancelled',
  ],
  [
    'a saga that stops',
    ({ trip, hotel, flight }) => ({
      trip: {
        ...trip,
        track: {
          ...trip.track,
          outcomes: {
            ...trip.track.outcomes,
            noted: { on: [Grounded, Cancelled], repeatable: true },
            off: { on: [Full], emits: [Off] },
          },
        },
      },
      hotel,
      flight,
    }),
    'the saga stops, and only its deadline goes on',
  ],
  [
    'the point of no return passed by a saga that is undone',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel,
      flight: {
        ...flight,
        stop: {
          ...flight.stop,
          outcomes: {
            ...flight.stop.outcomes,
            tooLate: { after: 'fly.flown', repeatable: true, emits: [Flown, Grounded, Cancel] },
          },
        },
      },
    }),
    'the saga ends done past the point of no return, although book.booked was undone',
  ],
  [
    'an outcome that waits for what never comes',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel: {
        ...hotel,
        cancel: { ...hotel.cancel, outcomes: { ...hotel.cancel.outcomes, refused: { after: 'refurbish' } } },
        refurbish: { command: Plan, outcomes: { refurbished: [], repeated: { after: 'refurbish' } } },
      },
      flight,
    }),
    'cancel.refused can never happen',
  ],
  [
    'an undoing that a fact sets off',
    ({ trip, hotel, flight }) => ({
      trip,
      hotel: { ...hotel, cancel: { ...hotel.cancel, on: [Cancel, Full] } },
      flight,
    }),
    'cancel compensates book on hotel.full, which is a fact',
  ],
];

test.each(broken)('%s is refused with a message of its own', (_, damage, message) => {
  const { problems } = prove(declared(damage(travel())));
  expect(problems.map(({ what }) => what)).toEqual([expect.stringContaining(message)]);
});

test('every message is another', () => {
  expect(new Set(broken.map(([, , message]) => message)).size).toBeGreaterThanOrEqual(10);
});
