import { describe, expect, it } from 'vitest';
import { scoreProcess } from './process-score.ts';
import { actionsIn } from './typed-actions.ts';

describe('a command that was typed', () => {
  it.each([
    ['kubectl get pods -n lab', [['look', 'objects', 'kubectl get pods']]],
    ['kubectl -n lab logs deploy/inference --tail=20', [['look', 'logs', 'kubectl logs deploy/inference']]],
    ['k get events | tail', [['look', 'events', 'kubectl get events']]],
    ["curl -H 'Authorization: Bearer sk-secret' http://inference:8000/health", [['look', 'traffic', 'curl']]],
    ['kubectl set env deploy/x TOKEN=sk-secret', [['change', null, 'kubectl set env deploy/x']]],
    ['kubectl delete pod inference-1', [['change', null, 'kubectl delete pod inference-1']]],
    ['kubectl delete pod inference-1 --force', [['risk', null, 'kubectl delete pod inference-1']]],
    ['kubectl delete deployment inference', [['risk', null, 'kubectl delete deployment inference']]],
    ['kubectl scale deploy/x --replicas=0', [['risk', null, 'kubectl scale deploy/x']]],
    ['kubectl scale deploy/x --replicas=02', [['change', null, 'kubectl scale deploy/x']]],
    [
      'rm -rf lab && kubectl apply -f fix.yaml',
      [
        ['risk', null, 'rm'],
        ['change', null, 'kubectl apply'],
      ],
    ],
    ['ls -l; cat notes', []],
  ])('%s', (typed, expected) => {
    expect(actionsIn(typed, 0).map(({ kind, source, command }) => [kind, source, command])).toEqual(expected);
  });
});

describe('the process score', () => {
  const typed = (...lines: readonly string[]) => lines.flatMap((line, index) => actionsIn(line, 1_000 + index));
  const pointsOf = (...lines: readonly string[]): Record<string, number> =>
    Object.fromEntries(scoreProcess(typed(...lines), 1_000).points.map(({ id, points }) => [id, points]));

  it('is full for who looks in several places, changes one thing, and looks again', () => {
    const lines = ['kubectl get pods', 'kubectl logs x', 'kubectl get events', 'kubectl set image deploy/x x=y', 'curl http://x'];
    expect(scoreProcess(typed(...lines), 1_000)).toMatchObject({ score: 100, isEmpty: false });
  });

  it('takes points for changing blindly, for not looking again, and for each risk', () => {
    expect(pointsOf('kubectl rollout restart deploy/x', 'kubectl get pods')).toEqual({
      evidence: 0,
      breadth: 5,
      verified: 25,
      careful: 25,
    });
    expect(pointsOf('kubectl get pods', 'kubectl delete ns lab')).toEqual({ evidence: 10, breadth: 5, verified: 0, careful: 15 });
    expect(pointsOf('kubectl delete ns a', 'kubectl delete ns b', 'rm -rf x', 'kubectl drain n')['careful']).toBe(0);
  });

  it('counts nothing from before the incident, and says where there is nothing to count', () => {
    expect(scoreProcess(typed('kubectl delete ns lab'), 2_000)).toEqual({ score: 0, isEmpty: true, points: [] });
  });
});
