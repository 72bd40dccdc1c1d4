package rtmp

import "time"

// holdStep is when it is looked at again whether a publisher that is held back may go on; see stream.Pacing.
const holdStep = 2 * time.Millisecond
