import { runMain } from '@quickstep/shared/service';
import { paymentConfig, startPaymentService } from './service.js';

runMain(() => startPaymentService(paymentConfig()));
