import { runMain } from '@quickstep/shared/service';
import { operationsConfig, startOperationsService } from './service.js';

runMain(() => startOperationsService(operationsConfig()));
