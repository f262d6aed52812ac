import { runMain } from '@quickstep/shared/service';
import { inventoryConfig, startInventoryService } from './service.js';

runMain(() => startInventoryService(inventoryConfig()));
