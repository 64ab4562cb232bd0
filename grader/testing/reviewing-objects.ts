import type { KubeObject } from '../../infra/cluster/meta/kube-object.ts';
import type { AccessQuestion } from '../access-review.ts';
import { FakeObjects } from './fake-objects.ts';

/** The spec of a SubjectAccessReview as it was sent. */
export interface AskedReview {
  readonly user: string;
  readonly groups: readonly string[];
  readonly resourceAttributes: AccessQuestion;
}

/** Objects of a cluster whose API server lets whom `allows` says; undefined is no answer. */
export class ReviewingObjects extends FakeObjects {
  readonly asked: AskedReview[] = [];
  allows: (asked: AskedReview) => boolean | undefined = () => false;

  override create<T extends KubeObject>(object: T): Promise<T> {
    if (object.kind !== 'SubjectAccessReview') return super.create(object);
    const { spec } = object as unknown as { readonly spec: AskedReview };
    this.asked.push(spec);
    const allowed = this.allows(spec);
    return Promise.resolve({ ...object, status: allowed === undefined ? {} : { allowed } });
  }
}
