import { Button, Checkbox, CloseButton, Group, NativeSelect, NumberInput } from '@mantine/core';
import { trackSchema, type LabView } from '../../../server/contract/labs.ts';
import { TRACK_LABELS, type SaveProgramme } from '../../../server/contract/program.ts';
import { forTracks, suggestCurriculum, tracksOf } from './curriculum-suggestion.ts';
import styles from './program.module.css';

type Curriculum = SaveProgramme['curriculum'];

interface Props {
  readonly labs: readonly LabView[];
  readonly curriculum: Curriculum;
  readonly onChange: (curriculum: Curriculum) => void;
}

/** Which labs a programme asks for, of whom, by which day. */
export function CurriculumFields({ labs, curriculum, onChange }: Props) {
  const open = labs.filter(({ slug }) => !curriculum.some(({ lab }) => lab === slug));
  return (
    <fieldset className={styles['group']}>
      <legend>Labs, each by a day of the ninety</legend>
      {curriculum.map((item, index) => (
        <LabFields
          key={item.lab}
          item={item}
          title={labs.find(({ slug }) => slug === item.lab)?.title ?? item.lab}
          onChange={(next) => {
            onChange(next === null ? curriculum.toSpliced(index, 1) : curriculum.with(index, next));
          }}
        />
      ))}
      {open.length > 0 && (
        <NativeSelect
          aria-label="Add a lab"
          size="xs"
          value=""
          onChange={(event) => {
            onChange([...curriculum, { lab: event.currentTarget.value, dueDay: Math.min(90, 7 * (curriculum.length + 1) + 30) }]);
          }}
          data={[{ value: '', label: 'Add a lab …' }, ...open.map(({ slug, title }) => ({ value: slug, label: title }))]}
        />
      )}
      {curriculum.length === 0 && labs.length > 0 && (
        <div>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              onChange(suggestCurriculum(labs));
            }}
          >
            Suggest all labs, by their tracks
          </Button>
        </div>
      )}
    </fieldset>
  );
}

interface LabProps {
  readonly item: Curriculum[number];
  readonly title: string;
  /** Null takes it out. */
  readonly onChange: (item: Curriculum[number] | null) => void;
}

function LabFields({ item, title, onChange }: LabProps) {
  const tracks = tracksOf(item);
  return (
    <div>
      <Group gap="xs" wrap="nowrap">
        <span className={styles['labName']}>{title}</span>
        <NumberInput
          aria-label={`Day by which ${item.lab} is due`}
          size="xs"
          w={90}
          min={1}
          max={90}
          clampBehavior="strict"
          value={item.dueDay}
          onChange={(value) => {
            onChange({ ...item, dueDay: Number(value) });
          }}
        />
        <CloseButton
          aria-label={`Take ${item.lab} out`}
          onClick={() => {
            onChange(null);
          }}
        />
      </Group>
      <Group gap="md" role="group" aria-label={`Who takes ${item.lab}`}>
        {trackSchema.options.map((track) => {
          const isOnly = tracks.length === 1 && tracks.includes(track);
          return (
            <Checkbox
              key={track}
              size="xs"
              label={TRACK_LABELS[track]}
              checked={tracks.includes(track)}
              disabled={isOnly}
              onChange={(event) => {
                const next = event.currentTarget.checked ? [...tracks, track] : tracks.filter((other) => other !== track);
                onChange(forTracks(item, next));
              }}
            />
          );
        })}
      </Group>
    </div>
  );
}
