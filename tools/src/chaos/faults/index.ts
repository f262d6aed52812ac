import type { Fault } from '../fault.js';
import { brokerFaults } from './broker.js';
import { clusterFaults } from './cluster.js';
import { databaseFaults } from './database.js';
import { deliveryFaults } from './delivery.js';
import { networkFaults } from './network.js';
import { processFaults } from './processes.js';
import { surroundingsFaults } from './surroundings.js';

/** Every kind of fault, by family. */
export const faults: readonly Fault[] = [
  ...processFaults,
  ...brokerFaults,
  ...clusterFaults,
  ...databaseFaults,
  ...networkFaults,
  ...deliveryFaults,
  ...surroundingsFaults,
];
