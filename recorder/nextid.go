package recorder

import "time"

// NextID gives out a FileID for a file that was not recorded by this Manager, such as one that is found without being in the
// catalogue. No other file gets it. The Manager must have been opened.
func (m *Manager) NextID() int64 { return m.ids.next(time.Now()) }
