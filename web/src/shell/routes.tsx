import { Suspense } from 'react';
import { Navigate, Outlet, Route, Routes } from 'react-router';
import { useMe } from '../session/me.ts';
import { homeOf } from '../session/permissions.ts';
import { SessionGate } from '../session/session-gate.tsx';
import { CataloguePage } from '../catalogue/catalogue-page.tsx';
import { WelcomePage } from '../session/welcome-page.tsx';
import { lazyPage } from './lazy-page.ts';
import { PageWaiting } from './page-waiting.tsx';
import { Shell } from './shell.tsx';
import { NotFoundPage } from './not-found-page.tsx';

// The pages with terminals, charts and the player are loaded when they are opened, and so is what trainees never see.
const LabPage = lazyPage(async () => (await import('../lab/lab-page.tsx')).LabPage);
const ResultPage = lazyPage(async () => (await import('../result/result-page.tsx')).ResultPage);
const ArtefactsPage = lazyPage(async () => (await import('../artefacts/artefacts-page.tsx')).ArtefactsPage);
const MeasurementsPage = lazyPage(async () => (await import('../measurements/measurements-page.tsx')).MeasurementsPage);
const DrillsPage = lazyPage(async () => (await import('../drills/drills-page.tsx')).DrillsPage);
const ScriptPage = lazyPage(async () => (await import('../drills/script-page.tsx')).ScriptPage);
const DrillPage = lazyPage(async () => (await import('../drills/drill-page.tsx')).DrillPage);
const RosterPage = lazyPage(async () => (await import('../roster/roster-page.tsx')).RosterPage);
const WatchPage = lazyPage(async () => (await import('../roster/watch-page.tsx')).WatchPage);
const GradesPage = lazyPage(async () => (await import('../grades/grades-page.tsx')).GradesPage);
const ProgrammePage = lazyPage(async () => (await import('../program/programme-page.tsx')).ProgrammePage);
const PeoplePage = lazyPage(async () => (await import('../admin/people-page.tsx')).PeoplePage);
const CohortsPage = lazyPage(async () => (await import('../admin/cohorts-page.tsx')).CohortsPage);
const SandboxesPage = lazyPage(async () => (await import('../admin/sandboxes-page.tsx')).SandboxesPage);
const AuditPage = lazyPage(async () => (await import('../admin/audit-page.tsx')).AuditPage);
const ApiDocsPage = lazyPage(async () => (await import('../tokens/api-docs-page.tsx')).ApiDocsPage);
const CertificatesPage = lazyPage(async () => (await import('../certificates/certificates-page.tsx')).CertificatesPage);
const RegisterPage = lazyPage(async () => (await import('../certificates/register-page.tsx')).RegisterPage);
const BadgePage = lazyPage(async () => (await import('../certificates/badge-page.tsx')).BadgePage);
const VerifyPage = lazyPage(async () => (await import('../certificates/verify-page.tsx')).VerifyPage);
const AccountPage = lazyPage(async () => (await import('../session/account-page.tsx')).AccountPage);

export function AppRoutes() {
  return (
    <Routes>
      <Route path="/welcome/:token" element={<WelcomePage />} />
      <Route element={<Anybody />}>
        <Route path="/badges/:certificateId" element={<BadgePage />} />
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
          <Route path="/people" element={<PeoplePage />} />
          <Route path="/cohorts" element={<CohortsPage />} />
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
