import { implement } from '@quickstep/shared/choreography';
import { operations } from '../choreography.js';
import { raiseAlert } from './raise-alert.js';

export const operationsSteps = () => implement(operations, [raiseAlert]);
