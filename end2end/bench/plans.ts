// Generates plans of any size for the benchmarks.

type PlanNode = Record<string, unknown>;
const figures = (ms: number) => ({ 'Startup Cost': 0, 'Total Cost': ms * 10, 'Plan Rows': 100, 'Plan Width': 8, 'Actual Startup Time': 0, 'Actual Total Time': ms, 'Actual Rows': 120, 'Actual Loops': 1 });
const scan = (at: number): PlanNode => ({ 'Node Type': 'Seq Scan', 'Relation Name': `part_${at}`, Alias: `p${at}`, Filter: `(id > ${at})`, 'Rows Removed by Filter': 7, ...figures(1) });

/** A balanced tree of hash joins with about `n` nodes. */
export function joins(n: number, at = { next: 0 }): PlanNode {
  if (n <= 1) return scan(at.next++);
  const left = joins(Math.floor((n - 1) / 2), at);
  const right = joins(n - 1 - Math.floor((n - 1) / 2), at);
  return { 'Node Type': 'Hash Join', 'Join Type': 'Inner', 'Hash Cond': '(a.id = b.id)', ...figures(n), Plans: [{ ...left, 'Parent Relationship': 'Outer' }, { ...right, 'Parent Relationship': 'Inner' }] };
}

/** An append of `n - 1` scans. */
export const append = (n: number): PlanNode => ({ 'Node Type': 'Append', ...figures(n), Plans: Array.from({ length: n - 1 }, (_, at) => ({ ...scan(at), 'Parent Relationship': 'Member' })) });
/** The document that EXPLAIN (ANALYZE, FORMAT JSON) would print. */
export const plan = (root: PlanNode, pretty: boolean) => JSON.stringify([{ Plan: root, 'Planning Time': 1, 'Execution Time': 20_000 }], null, pretty ? 2 : undefined);
