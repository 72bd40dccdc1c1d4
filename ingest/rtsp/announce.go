package rtsp

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/headers"
	"github.com/bluenviron/gortsplib/v4/pkg/sdp"
)

const (
	// maxDescription bounds the description that a publisher announces, in bytes, maxMedia the media in it, and maxFormats their formats
	// in all. The library reads a medium's attributes once for each of its formats, and keeps what they say as often: 128 kB that name
	// one format again and again would take 11 s and 1.3 GB.
	maxDescription = 64 << 10
	maxMedia       = 64
	maxFormats     = 128
)

var (
	errDescription = errors.New("the description has too many bytes, media or formats")
	errUnreadable  = errors.New("the description cannot be read")
)

// OnRequest looks at a request before the library reads what is in it, which it does before anybody is asked whether the publisher is let in, and
// outside of what can be recovered from. A request that is too much for it loses what is too much, and so is answered as a bad one; OnResponse says why.
func (h *handler) OnRequest(sc *gortsplib.ServerConn, req *base.Request) {
	if req.Method == base.Teardown {
		settle(sc.Session())
	}
	err, r := announceable(req), Request{}
	if c := connOf(sc); c != nil {
		c.complaint, r.Remote = err, c.remote
	}
	if err == nil {
		return
	}
	req.Body = nil
	delete(req.Header, "KeyMgmt")
	if req.URL != nil {
		path, query, _ := strings.Cut(req.URL.Path, "?")
		if named, err := parseAddress(req.URL, path, query); err == nil {
			r.Host, r.App, r.Stream = named.Host, named.App, named.Stream
		}
	}
	h.s.refusePublisher(r, err)
}

// announceable reports whether the library can be given a request. A description gets what the library misses in it, see mapped.
func announceable(req *base.Request) (err error) {
	defer recovered(&err)
	switch req.Method {
	case base.Announce:
		if err := bounded(req.Body); err != nil {
			return err
		}
		req.Body = mapped(req.Body)
		var text sdp.SessionDescription
		var desc description.Session
		if err := text.Unmarshal(req.Body); err != nil {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
		if err := desc.Unmarshal(&text); err != nil {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
	case base.Setup:
		if keys, ok := req.Header["KeyMgmt"]; ok {
			var k headers.KeyMgmt
			_ = k.Unmarshal(keys)
		}
	}
	return nil
}

// recovered turns a panic into an error.
func recovered(err *error) {
	if x := recover(); x != nil {
		*err = fmt.Errorf("%w: %v", errUnreadable, x)
	}
}

// bounded reports whether a description is small enough, and names no format of a medium twice.
func bounded(desc []byte) error {
	if len(desc) > maxDescription {
		return errDescription
	}
	media, formats := 0, 0
	for l := range bytes.FieldsFuncSeq(desc, func(r rune) bool { return r == '\r' || r == '\n' }) {
		if !bytes.HasPrefix(l, []byte("m=")) {
			continue
		}
		const before = 3 // kind, port, protocol
		named := bytes.Fields(l)
		media++
		if formats += max(0, len(named)-before); media > maxMedia || formats > maxFormats {
			return errDescription
		}
		seen := map[string]bool{}
		for _, f := range named[min(before, len(named)):] {
			if seen[string(f)] {
				return errDescription
			}
			seen[string(f)] = true
		}
	}
	return nil
}

// OnResponse leaves the query out of the address that the tracks of a description are relative to: a client that resolves them as addresses of
// the web are resolved, as GStreamer does, would lose the stream's name with it. Who was shown the description may set it up. A request that
// OnRequest found bad is answered with the reason.
func (h *handler) OnResponse(sc *gortsplib.ServerConn, res *base.Response) {
	if c := connOf(sc); c != nil && c.complaint != nil && res.StatusCode == base.StatusBadRequest {
		res.StatusMessage = line(c.complaint.Error())
	}
	if at := res.Header["Content-Base"]; len(at) == 1 {
		if plain, _, more := strings.Cut(at[0], "?"); more {
			res.Header["Content-Base"] = base.HeaderValue{strings.TrimSuffix(plain, "/") + "/"}
		}
	}
}
