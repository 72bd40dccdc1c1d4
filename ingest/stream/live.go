package stream

import "errors"

// ErrNotLive is returned, wrapped, to who wants to play a stream that nobody publishes.
var ErrNotLive = errors.New("the stream is not live")
