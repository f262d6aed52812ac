import { implement } from '@quickstep/shared/choreography';
import { inventory } from '../choreography.js';
import { adjustStock } from './adjust-stock.js';
import { commitStock } from './commit-stock.js';
import { putItem } from './put-item.js';
import { releaseStock } from './release-stock.js';
import { reserveStock } from './reserve-stock.js';

export const inventorySteps = () => implement(inventory, [reserveStock, releaseStock, commitStock, putItem, adjustStock]);
