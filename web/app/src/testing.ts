import { afterEach } from 'vitest';
import { cleanup, configure } from '@testing-library/react';

afterEach(cleanup);
// What comes is waited for as long as a busy machine takes.
configure({ asyncUtilTimeout: 30_000 });
