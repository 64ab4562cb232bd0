import { Button, Checkbox, Group, NativeSelect, NumberInput, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState, type ReactNode, type SubmitEvent } from 'react';
import { drillPlayerRoles, type DrillView, type InjectView } from '../../../server/contract/drills.ts';
import { serverNowMs } from '../api/server-clock.ts';
import { ROLE_LABELS } from '../incident/role-words.ts';
import { CHANNELS, OUTCOMES } from './drill-words.ts';
import styles from './drills.module.css';
import { scenarioNowMs } from './scenario-time.ts';
import type { Moves } from './use-drill.ts';

const MINUTE_MS = 60_000;
type Channel = InjectView['channel'];

/** A form in a dialog: closes when its move was made, and stays with what was typed when it was refused. */
function openForm(title: string, form: (close: () => void) => ReactNode): void {
  const modalId = modals.open({
    title,
    children: form(() => {
      modals.close(modalId);
    }),
  });
}

interface FrameProps {
  readonly confirm: string;
  readonly close: () => void;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}

function Frame({ confirm, close, onSubmit, children }: FrameProps) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit} className={styles['dialog']}>
      {children}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button type="submit">{confirm}</Button>
      </Group>
    </form>
  );
}

export function openEditForm(inject: InjectView, moves: Moves): void {
  openForm(`Edit inject ${inject.number}`, (close) => <EditForm inject={inject} moves={moves} close={close} />);
}

function EditForm({ inject, moves, close }: { readonly inject: InjectView; readonly moves: Moves; readonly close: () => void }) {
  const [subject, setSubject] = useState(inject.subject);
  const [text, setText] = useState(inject.text);
  const [minute, setMinute] = useState<string | number>(inject.dueMs === null ? '' : inject.dueMs / MINUTE_MS);
  return (
    <Frame
      confirm="Keep"
      close={close}
      onSubmit={() => {
        const when = typeof minute === 'number' ? { atMs: Math.round(minute * MINUTE_MS) } : {};
        moves.make({ move: 'edit', inject: inject.number, subject, text, ...when }, close);
      }}
    >
      <TextInput
        label="Subject"
        required
        maxLength={120}
        value={subject}
        onChange={(event) => setSubject(event.currentTarget.value)}
        data-autofocus
      />
      <Textarea label="Text" required rows={6} maxLength={4000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
      <NumberInput label="Minute of scenario time" min={0} max={1440} decimalScale={1} value={minute} onChange={setMinute} />
    </Frame>
  );
}

export function openImproviseForm(moves: Moves): void {
  openForm('Improvise', (close) => <ImproviseForm moves={moves} close={close} />);
}

function ImproviseForm({ moves, close }: { readonly moves: Moves; readonly close: () => void }) {
  const [channel, setChannel] = useState<Channel>('chat');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState<readonly string[]>([]);
  const [subject, setSubject] = useState('');
  const [text, setText] = useState('');
  const roles = drillPlayerRoles.filter((role) => to.includes(role));
  return (
    <Frame
      confirm="Fire now"
      close={close}
      onSubmit={() => {
        const kind = channel === 'media' ? 'media' : 'event';
        moves.make(
          { move: 'improvise', inject: { kind, channel, from, to: roles.length === 0 ? 'everyone' : roles, subject, text } },
          close,
        );
      }}
    >
      <NativeSelect
        label="Channel"
        value={channel}
        onChange={(event) => setChannel(event.currentTarget.value as Channel)}
        data={Object.entries(CHANNELS).map(([value, { label }]) => ({ value, label }))}
      />
      <TextInput
        label="From"
        required
        maxLength={80}
        placeholder="Head of the service desk"
        value={from}
        onChange={(event) => setFrom(event.currentTarget.value)}
        data-autofocus
      />
      <Checkbox.Group label="To" description="Nobody chosen: everyone" value={[...to]} onChange={setTo}>
        <Group gap="xs" mt={4}>
          {drillPlayerRoles.map((role) => (
            <Checkbox key={role} value={role} label={ROLE_LABELS[role]} size="xs" />
          ))}
        </Group>
      </Checkbox.Group>
      <TextInput label="Subject" required maxLength={120} value={subject} onChange={(event) => setSubject(event.currentTarget.value)} />
      <Textarea label="Text" required rows={5} maxLength={4000} value={text} onChange={(event) => setText(event.currentTarget.value)} />
    </Frame>
  );
}

export function openJumpForm(drill: DrillView, moves: Moves): void {
  openForm('Jump forward', (close) => <JumpForm drill={drill} moves={moves} close={close} />);
}

function JumpForm({ drill, moves, close }: { readonly drill: DrillView; readonly moves: Moves; readonly close: () => void }) {
  const now = Math.ceil(scenarioNowMs(drill.clock, serverNowMs()) / MINUTE_MS);
  const [minute, setMinute] = useState<string | number>(now + 1);
  const [between, setBetween] = useState<'fire' | 'skip'>('fire');
  return (
    <Frame
      confirm="Jump"
      close={close}
      onSubmit={() => {
        if (typeof minute === 'number') moves.make({ move: 'jump', toMs: Math.round(minute * MINUTE_MS), between }, close);
      }}
    >
      <NumberInput label="To minute" min={now} max={1440} required value={minute} onChange={setMinute} data-autofocus />
      <SegmentedControl
        aria-label="Injects in between"
        value={between}
        onChange={(value) => {
          setBetween(value);
        }}
        data={[
          { value: 'fire', label: 'Fire what lies between' },
          { value: 'skip', label: 'Skip it' },
        ]}
      />
    </Frame>
  );
}

export function openCheckpointForm(moves: Moves): void {
  openForm('Set a checkpoint', (close) => <CheckpointForm moves={moves} close={close} />);
}

function CheckpointForm({ moves, close }: { readonly moves: Moves; readonly close: () => void }) {
  const [label, setLabel] = useState('');
  return (
    <Frame
      confirm="Set it"
      close={close}
      onSubmit={() => {
        moves.make({ move: 'checkpoint', label }, close);
      }}
    >
      <TextInput
        label="What will you call it?"
        placeholder="Before the executive calls"
        required
        maxLength={80}
        value={label}
        onChange={(event) => setLabel(event.currentTarget.value)}
        data-autofocus
      />
    </Frame>
  );
}

export function openMarkForm(inject: InjectView, moves: Moves): void {
  openForm(`The answer to inject ${inject.number}`, (close) => <MarkForm inject={inject} moves={moves} close={close} />);
}

type Outcome = 'as-expected' | 'partly' | 'not';

function MarkForm({ inject, moves, close }: { readonly inject: InjectView; readonly moves: Moves; readonly close: () => void }) {
  const [outcome, setOutcome] = useState<Outcome>('as-expected');
  const [note, setNote] = useState(inject.answer?.note ?? '');
  return (
    <Frame
      confirm="Keep"
      close={close}
      onSubmit={() => {
        moves.make({ move: 'mark', inject: inject.number, outcome, note }, close);
      }}
    >
      <p className={styles['expected']}>{inject.expected?.response}</p>
      <SegmentedControl
        aria-label="What came"
        value={outcome}
        onChange={(value) => {
          setOutcome(value);
        }}
        data={(['as-expected', 'partly', 'not'] as const).map((value) => ({ value, label: OUTCOMES[value].label }))}
      />
      <Textarea
        label="Note"
        rows={3}
        maxLength={600}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        data-autofocus
      />
    </Frame>
  );
}
