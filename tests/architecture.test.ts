import { describe, expect, test } from '@jest/globals';
import { circleIn, importGraph } from './support/import-graph.js';

describe('imports', () => {
  test('a circle is found, and named file by file', () => {
    const graph = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts', 'd.ts']],
      ['c.ts', []],
      ['d.ts', ['b.ts']],
    ]);
    expect(circleIn(graph)).toEqual(['b.ts', 'd.ts', 'b.ts']);
  });

  test('go round in no circle, within a workspace or across several', () => {
    const graph = importGraph();
    expect(graph.get('system/src/services.ts')).toContain('order-service/src/steps/index.ts');
    expect(circleIn(graph)).toBeUndefined();
  });
});
