import { Checkbox, Radio } from '@mantine/core';
import type { ReadinessQuestion } from '../../../server/contract/readiness.ts';
import styles from './readiness.module.css';

interface Props {
  readonly question: ReadinessQuestion;
  readonly number: number;
  readonly chosen: readonly string[];
  readonly isMissing: boolean;
  readonly onChoose: (options: readonly string[]) => void;
}

/** One question with its options; a change is the answer, there is nothing else to press. */
export function QuestionCard({ question, number, chosen, isMissing, onChoose }: Props) {
  const { id, kind, text, code, options } = question;
  return (
    <li className={styles['question']} id={`question-${id}`} data-missing={isMissing} data-testid="question">
      <fieldset>
        <legend>
          {number}. {text}
        </legend>
        <p className={styles['kind']}>
          {kind === 'several' ? 'Choose all that apply; a wrong one costs.' : 'Choose one.'}
          {isMissing && ' Not answered yet.'}
        </p>
        {code !== null && (
          <pre className={styles['code']} tabIndex={0}>
            <code>{code}</code>
          </pre>
        )}
        <div className={styles['options']}>
          {options.map((option) =>
            kind === 'several' ? (
              <Checkbox
                key={option.id}
                label={option.text}
                checked={chosen.includes(option.id)}
                onChange={(event) => {
                  onChoose(event.currentTarget.checked ? [...chosen, option.id] : chosen.filter((one) => one !== option.id));
                }}
              />
            ) : (
              <Radio
                key={option.id}
                name={id}
                label={option.text}
                checked={chosen.includes(option.id)}
                onChange={() => {
                  onChoose([option.id]);
                }}
              />
            ),
          )}
        </div>
      </fieldset>
    </li>
  );
}
