import { runMain } from '@quickstep/shared/service';
import { shippingConfig, startShippingService } from './service.js';

runMain(() => startShippingService(shippingConfig()));
