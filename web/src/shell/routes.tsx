import { Suspense } from 'react';
import { Navigate, Outlet, Route, Routes } from 'react-router';
import { useMe } from '../session/me.ts';
import { homeOf } from '../session/permissions.ts';
import { SessionGate } from '../session/session-gate.tsx';
import { CataloguePage } from '../catalogue/catalogue-page.tsx';
import { lazyComponent } from '../parts/lazy-component.ts';
import { WelcomePage } from '../session/welcome-page.tsx';
import { PageWaiting } from './page-waiting.tsx';
import { Shell } from './shell.tsx';
import { NotFoundPage } from './not-found-page.tsx';

// The pages with terminals, charts and the player are loaded when they are opened, and so is what trainees never see.
const LabPage = lazyComponent(async () => (await import('../lab/lab-page.tsx')).LabPage);
const ResultPage = lazyComponent(async () => (await import('../result/result-page.tsx')).ResultPage);
const ArtefactsPage = lazyComponent(async () => (await import('../artefacts/artefacts-page.tsx')).ArtefactsPage);
const MeasurementsPage = lazyComponent(async () => (await import('../measurements/measurements-page.tsx')).MeasurementsPage);
const DrillsPage = lazyComponent(async () => (await import('../drills/drills-page.tsx')).DrillsPage);
const ScriptPage = lazyComponent(async () => (await import('../drills/script-page.tsx')).ScriptPage);
const DrillPage = lazyComponent(async () => (await import('../drills/drill-page.tsx')).DrillPage);
const RosterPage = lazyComponent(async () => (await import('../roster/roster-page.tsx')).RosterPage);
const WatchPage = lazyComponent(async () => (await import('../roster/watch-page.tsx')).WatchPage);
const GradesPage = lazyComponent(async () => (await import('../grades/grades-page.tsx')).GradesPage);
const ProgrammePage = lazyComponent(async () => (await import('../program/programme-page.tsx')).ProgrammePage);
const SkillsPage = lazyComponent(async () => (await import('../insight/skills-page.tsx')).SkillsPage);
const DuePage = lazyComponent(async () => (await import('../insight/due-page.tsx')).DuePage);
const OnCallPage = lazyComponent(async () => (await import('../insight/on-call-page.tsx')).OnCallPage);
const ItemsPage = lazyComponent(async () => (await import('../insight/items-page.tsx')).ItemsPage);
const TrainingPage = lazyComponent(async () => (await import('../program/training-page.tsx')).TrainingPage);
const PersonTrainingPage = lazyComponent(async () => (await import('../program/person-training-page.tsx')).PersonTrainingPage);
const NotesPage = lazyComponent(async () => (await import('../program/notes-page.tsx')).NotesPage);
const CohortPage = lazyComponent(async () => (await import('../program/cohort-page.tsx')).CohortPage);
const ReadinessPage = lazyComponent(async () => (await import('../readiness/readiness-page.tsx')).ReadinessPage);
const PeoplePage = lazyComponent(async () => (await import('../admin/people-page.tsx')).PeoplePage);
const CohortsPage = lazyComponent(async () => (await import('../admin/cohorts-page.tsx')).CohortsPage);
const SandboxesPage = lazyComponent(async () => (await import('../admin/sandboxes-page.tsx')).SandboxesPage);
const AuditPage = lazyComponent(async () => (await import('../admin/audit-page.tsx')).AuditPage);
const ApiDocsPage = lazyComponent(async () => (await import('../tokens/api-docs-page.tsx')).ApiDocsPage);
const CertificatesPage = lazyComponent(async () => (await import('../certificates/certificates-page.tsx')).CertificatesPage);
const RegisterPage = lazyComponent(async () => (await import('../certificates/register-page.tsx')).RegisterPage);
const BadgePage = lazyComponent(async () => (await import('../certificates/badge-page.tsx')).BadgePage);
const VerifyPage = lazyComponent(async () => (await import('../certificates/verify-page.tsx')).VerifyPage);
const CandidatePage = lazyComponent(async () => (await import('../interviews/candidate-page.tsx')).CandidatePage);
const InterviewAwayPage = lazyComponent(async () => (await import('../interviews/interview-away-page.tsx')).InterviewAwayPage);
const InterviewsPage = lazyComponent(async () => (await import('../interviews/interviews-page.tsx')).InterviewsPage);
const ReviewPage = lazyComponent(async () => (await import('../interviews/review-page.tsx')).ReviewPage);
const ExtraTimePage = lazyComponent(async () => (await import('../accommodations/extra-time-page.tsx')).ExtraTimePage);
const AccountPage = lazyComponent(async () => (await import('../session/account-page.tsx')).AccountPage);

export function AppRoutes() {
  return (
    <Routes>
      <Route path="/welcome/:token" element={<WelcomePage />} />
      <Route element={<Anybody />}>
        <Route path="/badges/:certificateId" element={<BadgePage />} />
        <Route path="/interview" element={<InterviewAwayPage />} />
        <Route path="/interview/:token" element={<CandidatePage />} />
        <Route path="/verify" element={<VerifyPage />} />
      </Route>
      <Route element={<SignedIn />}>
        <Route path="/attempts/:attemptId" element={<LabPage />} />
        <Route element={<Shell />}>
          <Route index element={<Home />} />
          <Route path="/labs" element={<CataloguePage />} />
          <Route path="/attempts/:attemptId/result" element={<ResultPage />} />
          <Route path="/attempts/:attemptId/artefacts" element={<ArtefactsPage />} />
          <Route path="/attempts/:attemptId/measurements" element={<MeasurementsPage />} />
          <Route path="/drills" element={<DrillsPage />} />
          <Route path="/drills/scripts/:slug" element={<ScriptPage />} />
          <Route path="/drills/:drillId" element={<DrillPage />} />
          <Route path="/roster" element={<RosterPage />} />
          <Route path="/roster/:attemptId" element={<WatchPage />} />
          <Route path="/grades" element={<GradesPage />} />
          <Route path="/certificates" element={<CertificatesPage />} />
          <Route path="/certificates/register" element={<RegisterPage />} />
          <Route path="/programme" element={<ProgrammePage />} />
          <Route path="/skills" element={<SkillsPage />} />
          <Route path="/skills/due" element={<DuePage />} />
          <Route path="/skills/on-call" element={<OnCallPage />} />
          <Route path="/skills/items" element={<ItemsPage />} />
          <Route path="/training" element={<TrainingPage />} />
          <Route path="/training/people/:personId" element={<PersonTrainingPage />} />
          <Route path="/training/notes/:pairId" element={<NotesPage />} />
          <Route path="/readiness" element={<ReadinessPage />} />
          <Route path="/people" element={<PeoplePage />} />
          <Route path="/interviews" element={<InterviewsPage />} />
          <Route path="/interviews/review" element={<ReviewPage />} />
          <Route path="/extra-time" element={<ExtraTimePage />} />
          <Route path="/cohorts" element={<CohortsPage />} />
          <Route path="/cohorts/:cohortId" element={<CohortPage />} />
          <Route path="/sandboxes" element={<SandboxesPage />} />
          <Route path="/audit" element={<AuditPage />} />
          <Route path="/api-docs" element={<ApiDocsPage />} />
          <Route path="/account" element={<AccountPage />} />
          <Route path="*" element={<NotFoundPage />} />
        </Route>
      </Route>
    </Routes>
  );
}

/** Pages that need no account. */
function Anybody() {
  return (
    <Suspense fallback={<PageWaiting />}>
      <Outlet />
    </Suspense>
  );
}

function SignedIn() {
  return (
    <SessionGate>
      <Suspense fallback={<PageWaiting />}>
        <Outlet />
      </Suspense>
    </SessionGate>
  );
}

function Home() {
  return <Navigate to={homeOf(useMe().role)} replace />;
}
