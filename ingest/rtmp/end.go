package rtmp

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/stream"
)

func (c *conn) logComplaint(err error) {
	c.server.Log.Warn("media of a stream cannot be read; the rest is recorded", "stream", c.session.stream.Key().String(),
		"session", c.session.stream.ID, "first_bad_message", err)
}

// ended ends the stream, whatever took it away, and logs that.
func (c *conn) ended(err error) {
	st := c.session.stream
	reason, detail := c.reasonOf(err)
	st.End(reason, detail)
	select {
	case complaint := <-c.complaints:
		c.logComplaint(complaint)
	default:
	}
	end, stats := st.Ended(), st.Stats()
	log := c.server.Log.With("stream", st.Key().String(), "session", st.ID)
	if r := &c.session.reader; r.bad > 0 || r.early > 0 {
		log = log.With("bad_messages", r.bad, "units_before_their_configuration", r.early)
	}
	log.Info("stream ended", "reason", string(end.Reason), "detail", end.Detail, "bytes", stats.Bytes, "units", stats.Units,
		"took", time.Since(st.Start).Round(time.Millisecond))
	c.farewell(err, end)
	c.session.close()
	c.complained = false
}

// reasonOf says what an error means for the stream.
func (c *conn) reasonOf(err error) (stream.EndReason, string) {
	var ne net.Error
	switch {
	case errors.Is(err, errUnpublished):
		return stream.EndClient, "the publisher sent " + c.session.stopped
	case errors.Is(err, io.EOF):
		return stream.EndClient, "the publisher closed the connection"
	case errors.Is(err, errStopping):
		return stream.EndShutdown, err.Error()
	case errors.Is(err, errKicked):
		return stream.EndDropped, *c.kicked.Load()
	case errors.Is(err, stream.ErrEnded):
		return stream.EndDropped, err.Error()
	case errors.Is(err, errIdle), errors.Is(err, net.ErrClosed), errors.As(err, &ne), isReset(err):
		return stream.EndLost, err.Error()
	}
	return stream.EndProtocol, err.Error()
}

// farewell has the session say why the publisher is disconnected.
func (c *conn) farewell(err error, end *stream.End) {
	code := codeFailed
	switch end.Reason {
	case stream.EndClient, stream.EndLost:
		return
	case stream.EndShutdown:
		code = codeAppShutdown // the publisher may come again
	case stream.EndReplaced, stream.EndDropped:
		code = codeDenied
	}
	c.session.status(c.session.streamID, message.NetStreamOnStatusLevelError, code, end.Detail)
}

// goodbye sends what is left to say and closes. What the peer goes on sending is read for a while: closing a socket with unread bytes
// resets it, and the peer would not learn why.
func (c *conn) goodbye() {
	c.session.chunks.close()
	err := c.settle(time.Now().Add(lingerTime))
	if c.nc == nil {
		return
	}
	// TLS waits for longer, five seconds, to tell a peer that reads nothing that it closes.
	defer time.AfterFunc(lingerTime, func() { _ = c.bottom.Close() }).Stop()
	if err == nil && len(c.session.out) > 0 && c.flush() == nil {
		if half, ok := c.nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			c.linger()
		}
	}
	_ = c.nc.Close()
}

// linger reads on for a while. TLS does not once it was told that nothing is waited for; what is below it does.
func (c *conn) linger() {
	if _, err := io.Copy(io.Discard, c.nc); errors.Is(err, errStopping) {
		_, _ = io.Copy(io.Discard, c.bottom)
	}
}
