import { runMain } from '@quickstep/shared/service';
import { orderConfig, startOrderService } from './service.js';

runMain(() => startOrderService(orderConfig()));
