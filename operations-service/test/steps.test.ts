import { describe, expect, test } from '@jest/globals';
import { notDue, outcome } from '@quickstep/shared/choreography';
import { AnalyticsAlertRaised } from '@quickstep/shared/contracts';
import { firing, given, row } from '@quickstep/shared/testing';
import { type Alert, Alerts } from '../src/db/tables.js';
import { operationsSteps } from '../src/steps/index.js';

const { raiseAlert } = operationsSteps().steps;

const id = '0193b3a0-1111-7222-8333-444444444444';
const now = new Date('2026-11-24T10:00:00.000Z');
const later = new Date(now.getTime() + 1);
const happenedAt = new Date('2026-11-24T09:59:00.000Z');
const alert = { id, pattern: 'card-testing', key: 'customer-1', detail: 'Five declined', happenedAt, raiseAt: now };
const moment = firing(id);

const told = (at: Date) =>
  AnalyticsAlertRaised({
    alertId: id,
    pattern: 'card-testing',
    key: 'customer-1',
    detail: 'Five declined',
    happenedAt: at.toISOString(),
  });

describe('raiseAlert', () => {
  test('tells of an alert once its moment has come, and then no more', () => {
    const world = given(row(Alerts, alert));
    expect(world.when(raiseAlert, moment, { now })).toEqual(outcome('raised', told(happenedAt)));
    expect(world.row(Alerts, id)).toMatchObject({ raiseAt: null, raisedAt: now });
    expect(world.when(raiseAlert, moment, { now: later })).toEqual(notDue);
    expect(world.row(Alerts, id)).toMatchObject({ raiseAt: null, raisedAt: now });
  });

  test('gives the moment of raising where nobody knows when it happened', () => {
    const world = given(row(Alerts, { ...alert, happenedAt: null }));
    expect(world.when(raiseAlert, moment, { now: later })).toEqual(outcome('raised', told(later)));
  });

  test.each<[string, Partial<Alert>]>([
    ['whose moment is still to come', { raiseAt: later }],
    ['that has been raised', { raiseAt: null }],
  ])('leaves an alert %s as it is', (_which, changes) => {
    const world = given(row(Alerts, { ...alert, ...changes }));
    const before = world.row(Alerts, id);
    expect(world.when(raiseAlert, moment, { now })).toEqual(notDue);
    expect(world.row(Alerts, id)).toEqual(before);
  });

  test('does nothing for an alert that is gone', () => {
    const world = given();
    expect(world.when(raiseAlert, moment, { now })).toEqual(notDue);
    expect(world.rows(Alerts)).toEqual([]);
  });
});
