package rtsp

import (
	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"

	"aircheck/ingest/stream"
)

// handler answers the library's requests. Those of a connection come one after another, and so do those of a session.
type handler struct {
	s    *Server
	face *face
}

func (h *handler) lib() *gortsplib.Server { return h.face.lib }

// task is what a session is for, its UserData.
type task struct {
	// A publisher's: what it was granted, and what it publishes once it does.
	granted   *Permission
	desc      *description.Session
	publisher *publisher
	// A player's.
	player *player
	conn   *conn
}

// request reads what a request is about, with the credentials that came with it.
func (h *handler) request(sc *gortsplib.ServerConn, req *base.Request, path, query string) (Request, error) {
	r, err := parseAddress(req.URL, path, query)
	if err != nil {
		return r, err
	}
	r.Closing = h.s.closing
	if c := connOf(sc); c != nil {
		r.Remote, r.Local = c.remote, c.local
	}
	// The library makes the challenge when it is first asked to verify.
	_ = sc.VerifyCredentials(req, " ", "")
	var a headers.Authorization
	if a.Unmarshal(req.Header["Authorization"]) == nil && a.Username != "" {
		r.Credentials = &Credentials{User: a.Username, Matches: func(password string) bool {
			return password != "" && sc.VerifyCredentials(req, a.Username, password)
		}}
	}
	return r, nil
}

// OnAnnounce asks whether a publisher may publish.
func (h *handler) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	r, err := h.request(ctx.Conn, ctx.Request, ctx.Path, ctx.Query)
	if err != nil {
		return h.refuse(connOf(ctx.Conn), r, err)
	}
	granted, err := h.s.Authorize(r)
	if err != nil {
		return h.refuse(connOf(ctx.Conn), r, err)
	}
	connOf(ctx.Conn).settled()
	// Here, so that a publisher learns of it before it sends anything.
	if err := publishable(ctx.Description); err != nil {
		return h.refuse(connOf(ctx.Conn), r, err)
	}
	ctx.Session.SetUserData(&task{granted: &granted, desc: ctx.Description, conn: connOf(ctx.Conn)})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// refuse answers a publisher that may not publish.
func (h *handler) refuse(c *conn, r Request, err error) (*base.Response, error) {
	c.refuse(r, err, func() { h.s.refusePublisher(r, err) })
	return answer(err)
}

// OnSetup lets the tracks be set up of a session that may publish, and of one that may play.
func (h *handler) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if ctx.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	return h.setupPlay(ctx)
}

// OnRecord opens the stream.
func (h *handler) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	t, _ := ctx.Session.UserData().(*task)
	if t == nil || t.granted == nil {
		return answer(stream.ErrClosed)
	}
	p, err := h.s.publish(ctx.Session, connOf(ctx.Conn), t)
	if err != nil {
		return h.refuse(t.conn, Request{Remote: t.conn.remote, Host: t.granted.Key.Domain, App: t.granted.Key.App, Stream: t.granted.Key.Stream}, err)
	}
	t.publisher = p
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose ends what the session was for.
func (h *handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	t, _ := ctx.Session.UserData().(*task)
	if t == nil {
		return
	}
	if t.publisher != nil {
		t.publisher.close(ctx.Error)
	}
	if t.player != nil {
		t.player.close(ctx.Error)
	}
}

// OnConnClose ends a session over UDP with its connection: nobody else may go on with it. Who was asked for user and password, and has left without
// giving any, was refused.
func (h *handler) OnConnClose(ctx *gortsplib.ServerHandlerOnConnCloseCtx) {
	connOf(ctx.Conn).unanswered()
	if ss := ctx.Conn.Session(); ss != nil {
		ss.Close()
	}
}

// OnPacketsLost has the library not log it: see receiver.
func (h *handler) OnPacketsLost(*gortsplib.ServerHandlerOnPacketsLostCtx) {}

// OnDecodeError counts packets that the library cannot read.
func (h *handler) OnDecodeError(ctx *gortsplib.ServerHandlerOnDecodeErrorCtx) {
	h.s.badPackets.Add(1)
	h.s.losses.warn(h.s.Log, "packets cannot be read", "face", "rtsp", "error", shorten(ctx.Error.Error()))
}

// OnStreamWriteError is not called: players are written to one by one.
func (h *handler) OnStreamWriteError(*gortsplib.ServerHandlerOnStreamWriteErrorCtx) {}
