import { lazy, Suspense } from 'react';
import { Skeleton } from 'antd';
import { Route, Routes } from 'react-router';
import { NoPage } from '../layout/NotFound';
import List from '../media/List';
import { WorkProvider } from '../media/Work';

const File = lazy(() => import('../media/File'));

/** The catalogue: its files, one file, and the tasks that make new ones. */
export default function Media() {
  return (
    <WorkProvider>
      <Suspense fallback={<Skeleton active />}>
        <Routes>
          <Route index element={<List />} />
          <Route path=":fileId" element={<File />} />
          <Route path="*" element={<NoPage back="/media" />} />
        </Routes>
      </Suspense>
    </WorkProvider>
  );
}
