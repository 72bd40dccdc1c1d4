import { Route, Routes, useLocation } from 'react-router';
import { NoPage } from '../layout/NotFound';
import { parseStreamLink } from '../streams/model';
import { StreamPage } from '../streams/StreamPage';
import { StreamLists } from '../streams/StreamLists';

/** What is pushed here, what was, and what must not be. */
export default function Streams() {
  return (
    <Routes>
      <Route index element={<StreamLists />} />
      <Route path="*" element={<One />} />
    </Routes>
  );
}

/** Reads the address itself: an app may have several parts, and each may hold anything. */
function One() {
  const stream = parseStreamLink(useLocation().pathname);
  return stream ? <StreamPage key={`${stream.DomainName}/${stream.AppName}/${stream.StreamName}`} stream={stream} /> : <NoPage back="/streams" />;
}
