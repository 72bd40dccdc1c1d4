package stream

import "strings"

// PulledSuffix ends the Protocol of a stream that this server fetches from another.
const PulledSuffix = "-pull"

// Pulled reports whether this server fetches the stream. Whoever pushes takes such a stream over, whatever the policy, and is not taken
// over by it: a push is somebody's wish of now, a source is a setting.
func (p Publisher) Pulled() bool { return strings.HasSuffix(p.Protocol, PulledSuffix) }
