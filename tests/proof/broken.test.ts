import { expect, test } from '@jest/globals';
import { event } from '@quickstep/shared/events';
import { printed, prove } from '@quickstep/system/proof';
import {
  Asked,
  Booked,
  base,
  Cancel,
  Cancelled,
  data,
  declared,
  Flown,
  Full,
  Grounded,
  Off,
  Plan,
  type Travel,
  travel,
  why,
} from './travel.js';

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
